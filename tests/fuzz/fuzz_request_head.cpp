#include "internal/http/field.hpp"
#include "internal/http/parser.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::http;
using Status = ParseResult::Status;

namespace {

void CheckHead(const RequestHead& head, std::string_view bytes, std::size_t head_bytes) {
  FUZZ_CHECK(head_bytes <= bytes.size());
  FUZZ_CHECK(bytes.substr(0, head_bytes).ends_with("\r\n\r\n"));
  FUZZ_CHECK(FindHeadEnd(bytes, 0) == head_bytes);
  FUZZ_CHECK(IsToken(head.method));
  FUZZ_CHECK(LiesIn(head.method, bytes) && LiesIn(head.host, bytes));
  FUZZ_CHECK(!head.target.empty());
  FUZZ_CHECK(head.target == "*" || head.target.front() == '/' || head.target.front() == '?' ||
             head.method == "CONNECT");
  FUZZ_CHECK(head.minor_version == 0 || !head.host.empty());
  FUZZ_CHECK(head.framing.kind != Framing::Kind::until_close);
  int lengths = 0;
  int codings = 0;
  for (const Field& field : head.fields) {
    FUZZ_CHECK(LiesIn(field.name, bytes) && LiesIn(field.value, bytes));
    FUZZ_CHECK(IsToken(field.name));
    FUZZ_CHECK(field.id == IdentifyField(field.name));
    FUZZ_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos);
    lengths += EqualsIgnoreCase(field.name, "Content-Length");
    codings += EqualsIgnoreCase(field.name, "Transfer-Encoding");
  }
  FUZZ_CHECK(lengths <= 1 && (lengths == 0 || codings == 0));
  FUZZ_CHECK((head.framing.kind == Framing::Kind::length) == (lengths == 1));
  FUZZ_CHECK((head.framing.kind == Framing::Kind::chunked) == (codings > 0));
}

}  // namespace

// A head that is read keeps the parser's promises; a shorter input never tells otherwise than a
// longer one: the first prefix that is not incomplete decides.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = AsText(data, size);
  const HeadLimits limits{.head_bytes = 4096, .field_count = 32, .target_bytes = 1024};
  RequestHead head;
  const ParseResult whole = ParseRequestHead(bytes, limits, head);
  if (whole.status == Status::complete) CheckHead(head, bytes, whole.head_bytes);

  if (size > 512) return 0;
  for (std::size_t length = 0; length < size; ++length) {
    const ParseResult part = ParseRequestHead(bytes.substr(0, length), limits, head);
    if (part.status == Status::incomplete) continue;
    FUZZ_CHECK(part.status == whole.status);
    FUZZ_CHECK(part.head_bytes == whole.head_bytes);
    FUZZ_CHECK(part.error.code == whole.error.code);
    return 0;
  }
  return 0;
}
