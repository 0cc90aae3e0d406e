#include "internal/http/head_reader.hpp"

#include <algorithm>
#include <cstring>

#include "internal/http/hop_by_hop.hpp"
#include "internal/http/skip_run.hpp"
#include "internal/http/syntax.hpp"

namespace balancer::http {

using model::ErrorCode;

bool HeadReader::FailLineEnd() {
  if (at_ == end_) return StopAtEnd();
  if (*at_ != '\r') return Malformed("unexpected byte in a line");
  if (at_ + 1 == end_) return StopAtEnd();
  return Malformed("CR without LF");
}

bool HeadReader::ReadVersion(int& major, int& minor) {
  constexpr std::string_view kCommon = "HTTP/1.1";
  const auto left = static_cast<std::size_t>(end_ - at_);
  if (left < kCommon.size() || std::memcmp(at_, kCommon.data(), kCommon.size()) != 0) {
    constexpr std::string_view kName = "HTTP/";
    if (std::memcmp(at_, kName.data(), std::min(left, kName.size())) != 0) {
      return Malformed("no HTTP version where one belongs");
    }
    if (left < kCommon.size()) return StopAtEnd();
    if (!Is(at_[5], kDigitChar) || at_[6] != '.' || !Is(at_[7], kDigitChar)) {
      return Malformed("no HTTP version where one belongs");
    }
  }
  major = at_[5] - '0';
  minor = at_[7] - '0';
  at_ += kCommon.size();
  return true;
}

bool HeadReader::ReadFields(Fields& fields) {
  while (at_ < end_ && *at_ != '\r') {
    if (!ReadFieldLine(fields)) return false;
  }
  return ReadLineEnd();
}

inline bool HeadReader::ReadFieldLine(Fields& fields) {
  const char* const name_end = SkipRun<kTokenChar>(at_, end_);
  const std::string_view name = Between(at_, name_end);
  if (name_end == end_) return StopAtEnd();
  if (*name_end != ':' || name.empty()) return Malformed("a header line is not a name and a colon");

  const char* value_start = name_end + 1;
  while (value_start < end_ && IsBlank(*value_start)) ++value_start;
  const char* value_end = at_ = SkipRun<kTextChar>(value_start, end_);
  if (!ReadLineEnd()) return false;
  while (value_end > value_start && IsBlank(value_end[-1])) --value_end;

  if (fields.size() == limits_.field_count) {
    return Fail(ErrorCode::head_too_large, "too many header fields");
  }
  const FieldId id = IdentifyField(name);
  if (present_.Has(id)) repeated_.Add(id);
  present_.Add(id);
  fields.push_back({name, Between(value_start, value_end), id, kAlwaysHopByHop.Has(id)});
  return true;
}

void HeadReader::Complete() {
  result_.status = ParseResult::Status::complete;
  result_.head_bytes = static_cast<std::size_t>(at_ - begin_);
}

bool HeadReader::StopAtEnd() {
  if (head_is_full_) return Fail(ErrorCode::head_too_large, "the message head is too large");
  result_.status = ParseResult::Status::incomplete;
  return false;
}

bool HeadReader::Fail(ErrorCode code, std::string_view why) {
  result_.status = ParseResult::Status::error;
  result_.error = {code, std::string(why)};
  return false;
}

}  // namespace balancer::http
