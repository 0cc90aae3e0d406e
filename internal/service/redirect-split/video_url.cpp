#include "internal/service/redirect-split/video_url.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "internal/model/url_text.hpp"

namespace balancer::service {
namespace {

auto Bad(const char* detail) {
  return model::Fail(model::ErrorCode::invalid_argument, detail);
}

enum CharClass : std::uint8_t {
  kNameChar = 1,   // of a host's name
  kPlainChar = 2,  // of a path, whatever surrounds it: pchar and '/' of RFC 3986 §3.3, but '%', '.'
  kQueryChar = 4,  // of a query (§3.4), but '%'
};

constexpr std::array<std::uint8_t, 256> kClasses = [] {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&](std::string_view chars, int bits) {
    for (const char c : chars) classes[static_cast<unsigned char>(c)] |= bits;
  };
  add("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_",
      kNameChar | kPlainChar | kQueryChar);
  add("~!$&'()*+,;=:@/", kPlainChar | kQueryChar);
  add(".", kNameChar | kQueryChar);
  add("?", kQueryChar);
  return classes;
}();

// The first character from `at` on that is not of the class, or the text's size.
inline std::size_t SkipAll(std::string_view text, std::size_t at, CharClass char_class) {
  const char* const data = text.data();
  const auto classes = [&](std::size_t i) { return kClasses[static_cast<unsigned char>(data[i])]; };
  for (; at + 4 <= text.size(); at += 4) {
    const auto all = classes(at) & classes(at + 1) & classes(at + 2) & classes(at + 3);
    if ((all & char_class) == 0) break;
  }
  while (at < text.size() && (classes(at) & char_class) != 0) ++at;
  return at;
}

bool IsControl(int byte) {
  return byte < 0x20 || byte == 0x7F;
}

// Whether the '.' at `at` begins a segment "." or "..": some servers end one at ';' too.
bool AtDotSegment(std::string_view path, std::size_t at) {
  if (path[at - 1] != '/') return false;
  const std::string_view rest = path.substr(at + (path.substr(at).starts_with("..") ? 2 : 1));
  return rest.empty() || rest[0] == '/' || rest[0] == '?' || rest[0] == ';';
}

// Where the path that `target` begins with ends: at '?' or its own end; npos: it is a bad one. Up
// to `i`, past a '/', it is known to be good.
std::size_t EndOfPath(std::string_view target, std::size_t i) {
  for (;;) {
    i = SkipAll(target, i, kPlainChar);
    if (i == target.size() || target[i] == '?') return i;
    if (target[i] == '.') {
      if (AtDotSegment(target, i)) return std::string_view::npos;
      ++i;
    } else {
      if (target[i] != '%') return std::string_view::npos;
      const int byte = model::HexByte(target.substr(i + 1));
      if (byte < 0 || IsControl(byte) || byte == '/' || byte == '\\' || byte == '.') {
        return std::string_view::npos;
      }
      i += 3;
    }
  }
}

bool IsQuery(std::string_view query) {
  for (std::size_t i = 0;;) {
    i = SkipAll(query, i, kQueryChar);
    if (i == query.size()) return true;
    if (query[i] != '%') return false;
    const int byte = model::HexByte(query.substr(i + 1));
    if (byte < 0 || IsControl(byte)) return false;
    i += 3;
  }
}

}  // namespace

model::Result<VideoUrl> ParseVideoUrl(std::string_view url,
                                      const std::vector<model::HostPattern>& origins) {
  constexpr std::string_view kFolder = "/video/";
  std::string_view rest = url;
  if (!model::SkipHttpScheme(rest)) {
    return Bad(url.empty() ? "is empty" : "must be an http or https URL");
  }
  // A pattern's '*' matches any label: that it is a name's is seen to here.
  const std::string_view host = rest.substr(0, SkipAll(rest, 0, kNameChar));
  rest.remove_prefix(host.size());
  if (!rest.empty() && rest.front() != '/' && rest.front() != ':') {
    return Bad("must have a host name and a path");
  }
  if (std::ranges::none_of(origins, [&](const auto& origin) { return origin.Matches(host); })) {
    return Bad("must be at one of the origin hosts");
  }
  if (rest.starts_with(':')) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    if (!model::IsPort(rest.substr(1, slash - 1))) return Bad("has a bad port");
    rest.remove_prefix(slash);
  }

  if (!rest.starts_with(kFolder) || rest.size() == kFolder.size() || rest[kFolder.size()] == '/' ||
      rest[kFolder.size()] == '?') {
    return Bad("must have a path under /video/");
  }
  const std::size_t path = EndOfPath(rest, kFolder.size());
  if (path == std::string_view::npos) {
    return Bad("has a path that a server might read as another");
  }
  if (!IsQuery(rest.substr(path))) return Bad("has a query with a bad character");
  return VideoUrl{host.substr(0, host.find('.')), rest};
}

}  // namespace balancer::service
