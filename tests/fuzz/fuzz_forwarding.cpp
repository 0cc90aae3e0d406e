#include <string>

#include "internal/http/field.hpp"
#include "internal/http/parser.hpp"
#include "internal/http/serialize.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::http;
using Status = ParseResult::Status;

namespace {

std::size_t CountName(const Fields& fields, std::string_view name) {
  std::size_t count = 0;
  for (const Field& field : fields) count += EqualsIgnoreCase(field.name, name);
  return count;
}

void CheckForwarded(const RequestHead& head, std::string_view base_path, bool trusted) {
  std::string out;
  AppendRequestHead(out, head, head.framing, base_path, "backend:81", {"192.0.2.1", trusted, "id"});

  RequestHead again;
  const HeadLimits limits{.head_bytes = 1 << 20, .field_count = 1000, .target_bytes = 1 << 20};
  const ParseResult result = ParseRequestHead(out, limits, again);
  FUZZ_CHECK(result.status == Status::complete);
  FUZZ_CHECK(result.head_bytes == out.size());
  FUZZ_CHECK(again.method == head.method);
  FUZZ_CHECK(again.target.ends_with(head.target));
  FUZZ_CHECK(again.host == (head.host.empty() ? "backend:81" : head.host));
  FUZZ_CHECK(again.keep_alive && again.minor_version == 1 && !again.expects_continue);

  FUZZ_CHECK(CountName(again.fields, "Content-Length") +
                 CountName(again.fields, "Transfer-Encoding") <=
             1);
  FUZZ_CHECK(again.framing.has_body() == head.framing.has_body());
  FUZZ_CHECK(again.framing.length == head.framing.length);
  FUZZ_CHECK(CountName(again.fields, "X-Forwarded-For") == 1);
  FUZZ_CHECK(Find(again.fields, FieldId::x_forwarded_for)->value.ends_with("192.0.2.1"));
  FUZZ_CHECK(CountName(again.fields, "X-Forwarded-Proto") >= 1);
  FUZZ_CHECK(CountName(again.fields, "X-Request-ID") >= 1);
  if (!trusted) {
    FUZZ_CHECK(CountName(again.fields, "X-Forwarded-Proto") == 1);
    FUZZ_CHECK(CountName(again.fields, "X-Forwarded-Host") == (head.host.empty() ? 0 : 1));
  }
  for (const Field& field : again.fields) {
    FUZZ_CHECK(!field.hop_by_hop || field.id == FieldId::transfer_encoding);
  }
}

}  // namespace

// A request that is read and written for a backend is read again as the same request, with exactly
// one framing and no hop-by-hop field but that.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RequestHead head;
  const ParseResult result = ParseRequestHead(AsText(data, size), {}, head);
  if (result.status != Status::complete || head.method == "CONNECT") return 0;
  CheckForwarded(head, "", false);
  CheckForwarded(head, "/base", true);
  return 0;
}
