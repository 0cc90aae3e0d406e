#include "tests/fuzz/heads.hpp"

using namespace balancer::http;
using Status = ParseResult::Status;

namespace {

// Small, so that they are met.
constexpr HeadLimits kLimits{.head_bytes = 400, .field_count = 12, .target_bytes = 100};

void CheckHead(const RequestHead& head, std::string_view bytes, std::size_t head_bytes) {
  FUZZ_CHECK(head_bytes <= std::min(bytes.size(), kLimits.head_bytes));
  FUZZ_CHECK(bytes.substr(0, head_bytes).ends_with("\r\n\r\n"));
  FUZZ_CHECK(FindHeadEnd(bytes, 0) == head_bytes);
  FUZZ_CHECK(IsToken(head.method));
  FUZZ_CHECK(LiesIn(head.method, bytes) && LiesIn(head.host, bytes));
  FUZZ_CHECK(!head.target.empty() && head.target.size() <= kLimits.target_bytes);
  FUZZ_CHECK(IsText(head.target) && head.target.find_first_of(" \t#") == head.target.npos);
  FUZZ_CHECK(head.target == "*" || head.target.front() == '/' || head.target.front() == '?' ||
             head.method == "CONNECT");
  FUZZ_CHECK(head.target != "*" || head.method == "OPTIONS");
  FUZZ_CHECK(head.minor_version == 0 || !head.host.empty());
  FUZZ_CHECK(head.host.find_first_of(",@/ \t") == head.host.npos);
  FUZZ_CHECK(head.fields.size() <= kLimits.field_count);
  CheckFields(head.fields, bytes);
}

void CheckFraming(const RequestHead& head) {
  int lengths = 0;
  int codings = 0;
  int hosts = 0;
  for (const Field& field : head.fields) {
    if (EqualsIgnoreCase(field.name, "Content-Length")) {
      ++lengths;
      FUZZ_CHECK(field.value.find_first_not_of("0123456789") == field.value.npos);
    } else if (EqualsIgnoreCase(field.name, "Transfer-Encoding")) {
      ++codings;
      FUZZ_CHECK(head.minor_version == 1);
    } else if (EqualsIgnoreCase(field.name, "Host")) {
      ++hosts;
    }
  }
  FUZZ_CHECK(hosts <= 1 && (hosts == 1 || head.minor_version == 0));
  FUZZ_CHECK(lengths <= 1 && (lengths == 0 || codings == 0));
  FUZZ_CHECK((head.framing.kind == Framing::Kind::length) == (lengths == 1));
  FUZZ_CHECK((head.framing.kind == Framing::Kind::chunked) == (codings > 0));
  FUZZ_CHECK(head.framing.kind != Framing::Kind::until_close);
}

}  // namespace

// A request head that is read keeps the parser's promises, is read the same when it is written
// again, and however it is cut into pieces.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = AsText(data, size);
  const auto parse = [](std::string_view text, RequestHead& head) {
    return ParseRequestHead(text, kLimits, head);
  };
  RequestHead head;
  const ParseResult result = parse(bytes, head);
  if (result.status == Status::complete) {
    CheckHead(head, bytes, result.head_bytes);
    CheckFraming(head);
    const std::string plain = WritePlainly(bytes, head.fields);
    RequestHead again;
    FUZZ_CHECK(ParseRequestHead(plain, {}, again).status == Status::complete);
    FUZZ_CHECK(Same(head, again));
  }
  CheckPieces<RequestHead>(bytes, 1 + size % 16, kLimits, parse);
  if (size <= 512) CheckEveryPrefix<RequestHead>(bytes, parse);
  return 0;
}
