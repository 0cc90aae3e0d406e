#include "internal/model/client_limit.hpp"

namespace balancer::model {
namespace {

// Decodes one code point of well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates) and
// moves `text` past it. Returns false, leaving `text` alone, when it does not begin with one.
bool NextCodePoint(std::string_view& text, char32_t& code_point) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    code_point = lead;
    text.remove_prefix(1);
    return true;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return false;
  char32_t value = lead & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return false;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[length] || value > 0x10FFFF) return false;
  if (value >= 0xD800 && value <= 0xDFFF) return false;
  code_point = value;
  text.remove_prefix(length);
  return true;
}

bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

}  // namespace

Result<void> CheckClientId(std::string_view client_id) {
  if (client_id.empty()) return Fail(ErrorCode::invalid_argument, "must not be empty");
  if (client_id.size() > kMaxClientIdBytes) {
    return Fail(ErrorCode::invalid_argument, "must be at most 256 bytes long");
  }
  while (!client_id.empty()) {
    char32_t code_point = 0;
    if (!NextCodePoint(client_id, code_point)) {
      return Fail(ErrorCode::invalid_argument, "must be well-formed UTF-8");
    }
    if (IsControl(code_point)) {
      return Fail(ErrorCode::invalid_argument, "must not contain control characters");
    }
  }
  return {};
}

Result<void> CheckLimit(const Limit& limit) {
  if (limit.capacity < 1 || limit.capacity > kMaxCapacity) {
    return Fail(ErrorCode::invalid_argument, "capacity must be a whole number from 1 to 1e9");
  }
  if (!(limit.rate_per_sec > 0) || limit.rate_per_sec > kMaxRatePerSec) {
    return Fail(ErrorCode::invalid_argument, "rate_per_sec must be over 0 and at most 1e9");
  }
  return {};
}

}  // namespace balancer::model
