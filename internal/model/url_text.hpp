#pragma once

#include <string>
#include <string_view>

// Pieces of URLs (RFC 3986).
namespace balancer::model {

// ASCII only, as host names and schemes compare.
inline char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// The byte that two hexadecimal digits at the beginning of `text` stand for; -1: there are none.
int HexByte(std::string_view text);

// Decodes the percent escapes of `text` into `out`, which must not hold it. False: a '%' that two
// hexadecimal digits do not follow.
bool PercentDecode(std::string_view text, std::string& out);

// Takes the next of "a&b&c" off `query`.
std::string_view NextParameter(std::string_view& query);

// A decimal number from 1 to 65535.
bool IsPort(std::string_view text);

}  // namespace balancer::model
