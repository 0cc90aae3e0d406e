#pragma once

#include <string_view>

namespace balancer::service {

// The byte that two hexadecimal digits at the beginning of `text` stand for; -1: there are none.
inline int HexByte(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  if (text.size() < 2) return -1;
  const int high = digit(text[0]);
  const int low = digit(text[1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace balancer::service
