#pragma once

#include <cstddef>
#include <string_view>

#include "internal/http/field_id_set.hpp"
#include "internal/http/framing.hpp"
#include "internal/http/parser.hpp"

namespace balancer::http {

// Reads a head from front to back, in one pass: what request and response heads have in common.
// Every Read… goes on where the last one stopped. It is false when it cannot, and the result then
// says whether bytes are missing or wrong. Internal to this folder.
class HeadReader {
 public:
  // Looks at no more than limits.head_bytes of `bytes`.
  HeadReader(std::string_view bytes, const HeadLimits& limits, ParseResult& result)
      : limits_(limits),
        begin_(bytes.data()),
        at_(begin_),
        end_(begin_ + (bytes.size() < limits.head_bytes ? bytes.size() : limits.head_bytes)),
        head_is_full_(bytes.size() >= limits.head_bytes),
        result_(result) {}

  // CRLF.
  bool ReadLineEnd() {
    if (end_ - at_ < 2 || at_[0] != '\r' || at_[1] != '\n') return FailLineEnd();
    at_ += 2;
    return true;
  }
  // "HTTP/" DIGIT "." DIGIT.
  bool ReadVersion(int& major, int& minor);
  // The field lines and the empty line behind them. Fields that are always hop-by-hop are marked.
  bool ReadFields(Fields& fields);

  // The ids among the fields read, and those that came more than once.
  FieldIdSet present() const { return present_; }
  FieldIdSet repeated() const { return repeated_; }

  // These say how it ended. Stop… and Fail are always false, to be returned.
  void Complete();
  bool StopAtEnd();  // all bytes are used up
  bool Fail(model::ErrorCode code, std::string_view why);
  bool Fail(const Fault& fault) { return Fail(fault.code, fault.why); }
  bool Malformed(std::string_view why) { return Fail(model::ErrorCode::malformed_request, why); }

 protected:
  static std::string_view Between(const char* start, const char* end) {
    return {start, static_cast<std::size_t>(end - start)};
  }
  std::string_view Since(const char* start) const { return Between(start, at_); }

  const HeadLimits& limits_;
  const char* const begin_;
  const char* at_;  // the next byte to read
  const char* const end_;

 private:
  bool ReadFieldLine(Fields& fields);
  bool FailLineEnd();

  const bool head_is_full_;  // there will be no more bytes of this head than there are
  FieldIdSet present_;
  FieldIdSet repeated_;
  ParseResult& result_;
};

}  // namespace balancer::http
