#include "tests/fuzz/heads.hpp"

using namespace balancer::http;
using Status = ParseResult::Status;

namespace {

// Small, so that they are met.
constexpr HeadLimits kLimits{.head_bytes = 300, .field_count = 8};

void CheckHead(const ResponseHead& head, std::string_view bytes, std::string_view method) {
  FUZZ_CHECK(head.status >= 100 && head.status <= 599);
  FUZZ_CHECK(LiesIn(head.reason, bytes) && IsText(head.reason));
  FUZZ_CHECK(head.fields.size() <= kLimits.field_count);
  CheckFields(head.fields, bytes);

  const bool bodiless =
      method == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304;
  const bool has_length = Find(head.fields, "Content-Length") != nullptr;
  const bool has_coding = Find(head.fields, "Transfer-Encoding") != nullptr;
  FUZZ_CHECK(!has_length || !has_coding);
  const auto expected = bodiless     ? Framing::Kind::none
                        : has_length ? Framing::Kind::length
                        : has_coding ? Framing::Kind::chunked
                                     : Framing::Kind::until_close;
  FUZZ_CHECK(head.framing.kind == expected);
  FUZZ_CHECK(expected != Framing::Kind::until_close || !head.keep_alive);
}

}  // namespace

// A response head that is read, as the answer to a GET and to a HEAD, keeps the parser's promises,
// is read the same when it is written again, and however it is cut into pieces.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = AsText(data, size);
  for (const std::string_view method : {"GET", "HEAD"}) {
    const auto parse = [method](std::string_view text, ResponseHead& head) {
      return ParseResponseHead(text, kLimits, method, head);
    };
    ResponseHead head;
    const ParseResult result = parse(bytes, head);
    if (result.status == Status::complete) {
      FUZZ_CHECK(FindHeadEnd(bytes, 0) == result.head_bytes);
      CheckHead(head, bytes, method);
      const std::string plain = WritePlainly(bytes, head.fields);
      ResponseHead again;
      FUZZ_CHECK(ParseResponseHead(plain, {}, method, again).status == Status::complete);
      FUZZ_CHECK(Same(head, again));
    } else if (result.status == Status::error) {
      FUZZ_CHECK(result.error.code == balancer::model::ErrorCode::backend_bad_response);
    }
    CheckPieces<ResponseHead>(bytes, 1 + size % 16, kLimits, parse);
    if (size <= 512) CheckEveryPrefix<ResponseHead>(bytes, parse);
  }
  return 0;
}
