#include "internal/http/field.hpp"
#include "internal/http/parser.hpp"
#include "internal/http/serialize.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::http;
using Status = ParseResult::Status;

namespace {

void CheckHead(const ResponseHead& head, std::string_view bytes, std::string_view method) {
  FUZZ_CHECK(head.status >= 100 && head.status <= 599);
  FUZZ_CHECK(LiesIn(head.reason, bytes));
  const bool bodiless =
      method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
  FUZZ_CHECK((head.framing.kind == Framing::Kind::none) == bodiless);
  FUZZ_CHECK(head.framing.kind != Framing::Kind::until_close || !head.keep_alive);
  for (const Field& field : head.fields) {
    FUZZ_CHECK(LiesIn(field.name, bytes) && LiesIn(field.value, bytes));
    FUZZ_CHECK(IsToken(field.name));
  }
}

// What goes to the client is read again, with the framing that was meant.
void CheckDelivery(const ResponseHead& head, std::string_view method) {
  ResponseDelivery delivery;
  delivery.framing = head.framing;
  delivery.keep_alive = head.keep_alive;
  delivery.request_id = "id";
  delivery.date = "Wed, 01 May 2024 10:00:00 GMT";
  std::string out;
  AppendResponseHead(out, head, delivery);

  ResponseHead again;
  const ParseResult result = ParseResponseHead(out, {}, method, again);
  FUZZ_CHECK(result.status == Status::complete);
  FUZZ_CHECK(result.head_bytes == out.size());
  FUZZ_CHECK(again.status == head.status);
  FUZZ_CHECK(again.framing.kind == head.framing.kind);
  FUZZ_CHECK(again.framing.length == head.framing.length);
  FUZZ_CHECK(again.keep_alive == head.keep_alive);
  FUZZ_CHECK(Find(again.fields, FieldId::date) != nullptr);
  FUZZ_CHECK(Find(again.fields, FieldId::x_request_id) != nullptr);
}

}  // namespace

// A response head that is read keeps the parser's promises, as the answer to a GET and to a HEAD,
// and can be delivered.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = AsText(data, size);
  const HeadLimits limits{.head_bytes = 4096, .field_count = 32};
  for (const std::string_view method : {"GET", "HEAD"}) {
    ResponseHead head;
    const ParseResult result = ParseResponseHead(bytes, limits, method, head);
    if (result.status == Status::complete) {
      FUZZ_CHECK(result.head_bytes <= size);
      CheckHead(head, bytes, method);
      CheckDelivery(head, method);
    } else if (result.status == Status::error) {
      FUZZ_CHECK(result.error.code == balancer::model::ErrorCode::backend_bad_response);
    }
  }
  return 0;
}
