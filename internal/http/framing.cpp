#include "internal/http/framing.hpp"

#include <limits>

#include "internal/http/syntax.hpp"

namespace balancer::http {
namespace {

using model::ErrorCode;

std::optional<Fault> ReadLength(const Fields& fields, std::uint64_t& length) {
  std::optional<std::uint64_t> first;
  for (const Field& field : fields) {
    if (field.id != FieldId::content_length) continue;
    const auto value = ParseLength(field.value);
    if (!value) {
      return Fault{ErrorCode::malformed_request, "Content-Length is not a decimal number in range"};
    }
    if (first && *first != *value) {
      return Fault{ErrorCode::malformed_request, "Content-Length fields differ"};
    }
    first = value;
  }
  length = *first;
  return std::nullopt;
}

// Holds the codings of all Transfer-Encoding fields to one `chunked`, without parameters.
std::optional<Fault> CheckCodings(const Fields& fields) {
  bool malformed = false;
  bool chunked = false;
  bool unknown = false;
  for (const Field& field : fields) {
    if (field.id != FieldId::transfer_encoding) continue;
    ForEachMember(field.value, [&](std::string_view member) {
      const std::size_t parameters = member.find(';');
      const std::string_view coding = TrimBlanks(member.substr(0, parameters));
      const bool after_last = chunked;
      if (EqualsIgnoreCase(coding, "chunked") && parameters == std::string_view::npos) {
        chunked = true;
      } else if (IsToken(coding) && !EqualsIgnoreCase(coding, "chunked")) {
        unknown = true;
      } else {
        malformed = true;
      }
      malformed = malformed || after_last;
    });
  }
  if (malformed) {
    return Fault{ErrorCode::malformed_request, "Transfer-Encoding must end in one plain chunked"};
  }
  if (unknown) {
    return Fault{ErrorCode::unknown_coding, "the only Transfer-Encoding known here is chunked"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> ParseLength(std::string_view text) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!Is(c, kDigitChar)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (kMax - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

std::optional<Fault> ReadFraming(const Fields& fields, FieldIdSet present, FieldIdSet repeated,
                                 int minor_version, RepeatedLength repeated_length,
                                 Framing& framing) {
  const bool has_length = present.Has(FieldId::content_length);
  if (present.Has(FieldId::transfer_encoding)) {
    if (minor_version == 0) {
      return Fault{ErrorCode::malformed_request, "Transfer-Encoding in an HTTP/1.0 message"};
    }
    if (has_length) {
      return Fault{ErrorCode::malformed_request, "Content-Length beside Transfer-Encoding"};
    }
    if (auto fault = CheckCodings(fields)) return fault;
    framing = {Framing::Kind::chunked, 0};
    return std::nullopt;
  }
  if (!has_length) {
    framing = {};
    return std::nullopt;
  }
  if (repeated.Has(FieldId::content_length) && repeated_length == RepeatedLength::refused) {
    return Fault{ErrorCode::malformed_request, "more than one Content-Length"};
  }
  std::uint64_t length = 0;
  if (auto fault = ReadLength(fields, length)) return fault;
  framing = {Framing::Kind::length, length};
  return std::nullopt;
}

}  // namespace balancer::http
