#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/model/url_text.hpp"

// The alphabet of HTTP heads, and how to run over it. Internal to this folder.
namespace balancer::http {

enum CharClass : std::uint8_t {
  kTokenChar = 1,   // RFC 9110 §5.6.2
  kTargetChar = 2,  // of a request target: neither blank nor control nor '#'; over 0x7F passes
  kTextChar = 4,    // of a field value or reason phrase: HTAB, blank, visible, over 0x7F
  kHostChar = 8,    // of a host name or IPv4 address, percent escapes apart
  kDigitChar = 16,
  kHexChar = 32,
};

inline constexpr std::array<std::uint8_t, 256> kCharClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](std::string_view chars, int bits) {
    for (const char c : chars) classes[static_cast<unsigned char>(c)] |= bits;
  };
  for (int c = 0x20; c <= 0xFF; ++c) classes[c] = c == 0x7F ? 0 : kTextChar;
  for (int c = 0x21; c <= 0xFF; ++c) classes[c] |= c == 0x7F || c == '#' ? 0 : kTargetChar;
  add("\t", kTextChar);
  add("0123456789", kTokenChar | kHostChar | kDigitChar | kHexChar);
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", kTokenChar | kHostChar);
  add("ABCDEFabcdef", kHexChar);
  add("!#$%&'*+-.^_`|~", kTokenChar);
  add("-._~!$&'()*+;=", kHostChar);  // RFC 3986 reg-name, but for the comma: it would make a list
  return classes;
}();

inline bool Is(char c, CharClass char_class) {
  return (kCharClasses[static_cast<unsigned char>(c)] & char_class) != 0;
}

// The first byte of [at, end) that is not of the class, or end.
inline const char* SkipBytes(const char* at, const char* end, CharClass char_class) {
  const auto classes = [&](int i) { return kCharClasses[static_cast<unsigned char>(at[i])]; };
  while (end - at >= 4 && (classes(0) & classes(1) & classes(2) & classes(3) & char_class) != 0) {
    at += 4;
  }
  while (at < end && Is(*at, char_class)) ++at;
  return at;
}

using model::ToLower;

inline bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

// Without optional white space around it (OWS, RFC 9110 §5.6.3).
inline std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Calls visit(member) for each member of a comma-separated list, trimmed, empty ones too.
template <typename Visit>
void ForEachMember(std::string_view list, Visit visit) {
  for (;;) {
    const std::size_t comma = list.find(',');
    visit(TrimBlanks(list.substr(0, comma)));
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace balancer::http
