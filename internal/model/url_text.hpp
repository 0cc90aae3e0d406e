#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

// Pieces of URLs (RFC 3986).
namespace balancer::model {

// ASCII only, as host names and schemes compare.
inline char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// Takes `prefix`, a literal in lower case, off `text`, which may have it in any case. False: it
// does not begin so. Compares in place what is in lower case, as it usually is.
template <std::size_t kSize>
bool SkipPrefix(std::string_view& text, const char (&prefix)[kSize]) {
  constexpr std::size_t kLength = kSize - 1;
  const auto same = [](char lower, char c) { return lower == ToLower(c); };
  if (text.size() < kLength) return false;
  if (std::memcmp(text.data(), prefix, kLength) != 0 &&
      !std::equal(prefix, prefix + kLength, text.begin(), same)) {
    return false;
  }
  text.remove_prefix(kLength);
  return true;
}

// Takes "http://" or "https://" off `url`. False: it begins with neither.
inline bool SkipHttpScheme(std::string_view& url) {
  return SkipPrefix(url, "http://") || SkipPrefix(url, "https://");
}

// The byte that two hexadecimal digits at the beginning of `text` stand for; -1: there are none.
int HexByte(std::string_view text);

// Decodes the percent escapes of `text` into `out`, which must not hold it. False: a '%' that two
// hexadecimal digits do not follow.
bool PercentDecode(std::string_view text, std::string& out);

// Takes the next of "a&b&c" off `query`.
inline std::string_view NextParameter(std::string_view& query) {
  const std::string_view next = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(next.size() + 1, query.size()));
  return next;
}

// A decimal number from 1 to 65535.
bool IsPort(std::string_view text);

}  // namespace balancer::model
