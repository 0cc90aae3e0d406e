#include <algorithm>

#include "internal/http/head_reader.hpp"
#include "internal/http/hop_by_hop.hpp"
#include "internal/http/parser.hpp"
#include "internal/http/skip_run.hpp"
#include "internal/http/syntax.hpp"

namespace balancer::http {
namespace {

using model::ErrorCode;

class ResponseReader : public HeadReader {
 public:
  ResponseReader(std::string_view bytes, const HeadLimits& limits, std::string_view request_method,
                 ResponseHead& head, ParseResult& result)
      : HeadReader(bytes, limits, result), request_method_(request_method), head_(head) {}

  bool Read() { return ReadStatusLine() && ReadFields(head_.fields) && DecideBody(); }

 private:
  bool ReadStatusLine() {
    int major = 0;
    int minor = 0;
    if (!ReadVersion(major, minor)) return false;
    if (major != 1) return Malformed("the backend's HTTP version is unknown");
    head_.minor_version = std::min(minor, 1);
    if (!ReadStatus()) return false;
    if (at_ < end_ && *at_ == ' ') {
      const char* const start = ++at_;
      at_ = SkipRun<kTextChar>(at_, end_);
      head_.reason = Since(start);
    }
    return ReadLineEnd();
  }

  // SP 3DIGIT, from 100 to 599.
  bool ReadStatus() {
    constexpr std::ptrdiff_t kStatusBytes = 4;
    if (end_ - at_ < kStatusBytes) return StopAtEnd();
    if (at_[0] != ' ' || at_[1] < '1' || at_[1] > '5' || !Is(at_[2], kDigitChar) ||
        !Is(at_[3], kDigitChar)) {
      return Malformed("the backend's status is not a number from 100 to 599");
    }
    head_.status = (at_[1] - '0') * 100 + (at_[2] - '0') * 10 + (at_[3] - '0');
    at_ += kStatusBytes;
    return true;
  }

  // RFC 9112 §6.3.
  bool DecideBody() {
    Framing told;
    const auto fault = ReadFraming(head_.fields, present(), repeated(), head_.minor_version,
                                   RepeatedLength::taken_if_equal, told);
    if (fault) return Fail(*fault);
    ConnectionOptions options;
    if (present().Has(FieldId::connection)) options = ReadConnection(head_.fields);
    head_.keep_alive = options.Persists(head_.minor_version);
    if (head_.status == 101 && options.upgrade && present().Has(FieldId::upgrade)) {
      head_.upgrade = Find(head_.fields, FieldId::upgrade)->value;
    }

    const bool never_has_body = head_.status < 200 || head_.status == 204;
    if (never_has_body || head_.status == 304 || request_method_ == "HEAD") {
      head_.framing = {};
      // A body is announced where there is none: who knows what follows.
      if (never_has_body && told.has_body()) head_.keep_alive = false;
      return true;
    }
    head_.framing = told;
    if (told.kind == Framing::Kind::none) {
      head_.framing.kind = Framing::Kind::until_close;
      head_.keep_alive = false;
    }
    return true;
  }

  const std::string_view request_method_;
  ResponseHead& head_;
};

}  // namespace

ParseResult ParseResponseHead(std::string_view bytes, const HeadLimits& limits,
                              std::string_view request_method, ResponseHead& head) {
  head.Clear();
  ParseResult result;
  ResponseReader reader(bytes, limits, request_method, head, result);
  if (reader.Read()) {
    reader.Complete();
  } else {
    result.error.code = ErrorCode::backend_bad_response;
  }
  return result;
}

}  // namespace balancer::http
