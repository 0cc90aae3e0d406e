#include "internal/model/url_text.hpp"

#include <charconv>
#include <cstdint>

namespace balancer::model {
namespace {

// -1: no hexadecimal digit.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ToLower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

int HexByte(std::string_view text) {
  if (text.size() < 2) return -1;
  const int high = HexDigit(text[0]);
  const int low = HexDigit(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool PercentDecode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int byte = HexByte(text.substr(i + 1));
    if (byte < 0) return false;
    out += static_cast<char>(byte);
    i += 2;
  }
  return true;
}

bool IsPort(std::string_view text) {
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, port);
  return error == std::errc() && end == last && port != 0;
}

}  // namespace balancer::model
