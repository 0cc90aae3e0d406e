#include "internal/config/backend_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "internal/model/cidr.hpp"
#include "internal/model/host_name.hpp"

namespace balancer::config {
namespace {

using model::BackendSettings;
using model::Result;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsAlnum(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

auto Bad(std::string detail) {
  return model::Fail(model::ErrorCode::config_invalid, std::move(detail));
}

// RFC 3986 §3.3: pchar and '/'.
bool IsPath(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !IsHex(text[i + 1]) || !IsHex(text[i + 2])) return false;
    } else if (!IsAlnum(text[i]) &&
               std::string_view("-._~!$&'()*+,;=:@/").find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

// The port behind "host" or "[address]": nothing, or ':' and a number.
std::optional<std::uint16_t> ParsePort(std::string_view text) {
  if (text.empty()) return 80;
  std::uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + 1, last, port);
  if (text.front() != ':' || error != std::errc() || end != last || port == 0) return std::nullopt;
  return port;
}

Result<void> SetHost(std::string_view text, BackendSettings& backend) {
  if (text.empty()) return Bad("has no host");
  if (text.front() == '[') {
    const auto address = model::IpAddress::Parse(text.substr(1, text.size() - 2));
    if (text.back() != ']' || !address || text.find(':') == std::string_view::npos) {
      return Bad("has no IPv6 address between its brackets");
    }
    backend.host = address->ToString();
    return {};
  }
  if (!model::IsHostName(text) && !model::IpAddress::Parse(text)) {
    return Bad("has a host that is neither a name nor an address");
  }
  backend.host = Lower(text);
  return {};
}

}  // namespace

Result<BackendSettings> ParseBackendUrl(std::string_view text) {
  constexpr std::string_view kHttp = "http://";
  if (Lower(text.substr(0, 8)) == "https://") {
    return Bad("is an https URL, and this version speaks only http to backends");
  }
  if (Lower(text.substr(0, kHttp.size())) != kHttp) {
    return Bad("must begin with http://, such as http://localhost:8081");
  }
  const std::string_view rest = text.substr(kHttp.size());
  if (rest.find('?') != std::string_view::npos || rest.find('#') != std::string_view::npos) {
    return Bad("must have no query and no fragment ('?', '#')");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return Bad("must have no user or password before the host");
  }
  if (!IsPath(path)) return Bad("has a character in its path that must be %-encoded");
  while (path.ends_with('/')) path.remove_suffix(1);

  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', std::min(bracket, authority.size()));
  BackendSettings backend;
  if (const auto host = SetHost(authority.substr(0, colon), backend); !host) {
    return tl::unexpected(host.error());
  }
  const auto port = ParsePort(authority.substr(std::min(colon, authority.size())));
  if (!port) return Bad("must have a port from 1 to 65535 after ':', or none (80)");

  backend.url = text;
  backend.port = *port;
  backend.base_path = path;
  const bool is_v6 = backend.host.find(':') != std::string::npos;
  backend.authority = is_v6 ? "[" + backend.host + "]" : backend.host;
  if (backend.port != 80) backend.authority += ":" + std::to_string(backend.port);
  return backend;
}

}  // namespace balancer::config
