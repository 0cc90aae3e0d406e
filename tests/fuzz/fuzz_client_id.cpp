#include <string>

#include "internal/model/client_limit.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::model;

namespace {

// The code point that these bytes would mean if they were of the right kind.
char32_t Decode(std::string_view sequence) {
  constexpr unsigned kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t point = static_cast<unsigned char>(sequence[0]) & kLeadBits[sequence.size()];
  for (const char c : sequence.substr(1)) point = point << 6 | (c & 0x3F);
  return point;
}

// RFC 3629 §3.
std::string Encode(char32_t point) {
  const auto tail = [point](int shift) {
    return static_cast<char>(0x80 | (point >> shift & 0x3F));
  };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

// The length of the character that `text` begins with, or 0: the one of which it is the encoding.
std::size_t CharacterBytes(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    const char32_t point = Decode(text.substr(0, size));
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    const bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
    if (surrogate || control || point > 0x10FFFF) continue;
    if (Encode(point) == text.substr(0, size)) return size;
  }
  return 0;
}

bool IsValid(std::string_view text) {
  if (text.empty() || text.size() > 256) return false;
  while (!text.empty()) {
    const std::size_t bytes = CharacterBytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace

// A client_id passes if it is 1 to 256 bytes, each character is what encoding it gives, and none is
// a control.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = AsText(data, size);
  const auto result = CheckClientId(text);
  FUZZ_CHECK(result.has_value() == IsValid(text));
  if (result) return 0;
  FUZZ_CHECK(result.error().code == ErrorCode::invalid_argument);
  FUZZ_CHECK(!result.error().detail.empty());
  return 0;
}
