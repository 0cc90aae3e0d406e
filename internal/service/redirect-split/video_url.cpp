#include "internal/service/redirect-split/video_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include "internal/service/redirect-split/hex.hpp"

namespace balancer::service {
namespace {

auto Bad(const char* detail) {
  return model::Fail(model::ErrorCode::invalid_argument, detail);
}

// What a path may have as it is: pchar and '/' of RFC 3986 §3.3, without '%'.
constexpr std::array<bool, 256> kPathChars = [] {
  std::array<bool, 256> chars{};
  for (const char c : std::string_view("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz-._~!$&'()*+,;=:@/")) {
    chars[static_cast<unsigned char>(c)] = true;
  }
  return chars;
}();

bool IsPathChar(char c) {
  return kPathChars[static_cast<unsigned char>(c)];
}

bool IsControl(int byte) {
  return byte < 0x20 || byte == 0x7F;
}

// Removes the prefix, given in lower case, from the text.
bool Skip(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != prefix[i]) return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

// Whether "." or ".." stands at the beginning, as a segment: some servers end one at ';' too.
bool AtDotSegment(std::string_view text) {
  const std::size_t dots = std::min(text.find_first_not_of('.'), text.size());
  if (dots == 0 || dots > 2) return false;
  return dots == text.size() || text[dots] == '/' || text[dots] == '?' || text[dots] == ';';
}

bool IsPath(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      const int byte = HexByte(path.substr(i + 1));
      if (byte < 0 || IsControl(byte) || byte == '/' || byte == '\\' || byte == '.') return false;
      i += 2;
    } else if (!IsPathChar(path[i])) {
      return false;
    } else if (path[i] == '/' && AtDotSegment(path.substr(i + 1))) {
      return false;
    }
  }
  return true;
}

bool IsQuery(std::string_view query) {
  for (std::size_t i = 0; i < query.size(); ++i) {
    if (query[i] == '%') {
      const int byte = HexByte(query.substr(i + 1));
      if (byte < 0 || IsControl(byte)) return false;
      i += 2;
    } else if (!IsPathChar(query[i]) && query[i] != '?') {
      return false;
    }
  }
  return true;
}

bool IsPort(std::string_view text) {
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, port);
  return error == std::errc() && end == last && port != 0;
}

}  // namespace

model::Result<VideoUrl> ParseVideoUrl(std::string_view url,
                                      const std::vector<model::HostPattern>& origins) {
  constexpr std::string_view kFolder = "/video/";
  std::string_view rest = url;
  if (!Skip(rest, "http://") && !Skip(rest, "https://")) {
    return Bad(url.empty() ? "is empty" : "must be an http or https URL");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  const std::size_t colon = std::min(authority.find(':'), authority.size());
  const std::string_view host = authority.substr(0, colon);
  // A pattern's '*' matches any label: that it is a name's is to be seen to here.
  const auto in_name = [](char c) { return c == '-' || c == '_' || c == '.' || std::isalnum(c); };
  if (!std::ranges::all_of(host, [&](unsigned char c) { return c < 0x80 && in_name(c); }) ||
      std::ranges::none_of(origins, [&](const auto& origin) { return origin.Matches(host); })) {
    return Bad("must be at one of the origin hosts");
  }
  if (colon < authority.size() && !IsPort(authority.substr(colon + 1))) {
    return Bad("has a bad port");
  }

  const std::string_view target = rest.substr(slash);
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with(kFolder) || path.size() == kFolder.size() || path[kFolder.size()] == '/') {
    return Bad("must have a path under /video/");
  }
  if (!IsPath(path)) return Bad("has a path that a server might read as another");
  if (!IsQuery(target.substr(path.size()))) return Bad("has a query with a bad character");
  return VideoUrl{host.substr(0, host.find('.')), target};
}

}  // namespace balancer::service
