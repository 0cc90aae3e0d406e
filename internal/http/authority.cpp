#include "internal/http/authority.hpp"

#include "internal/http/field.hpp"
#include "internal/http/syntax.hpp"
#include "internal/model/cidr.hpp"

namespace balancer::http {
namespace {

bool IsPort(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (!Is(c, kDigitChar)) return false;
    value = value * 10 + (c - '0');
    if (value > 65535) return false;
  }
  return true;
}

bool IsIpLiteral(std::string_view bracketed) {
  if (bracketed.size() < 2 || bracketed.back() != ']') return false;
  const std::string_view address = bracketed.substr(1, bracketed.size() - 2);
  return address.find(':') != std::string_view::npos && model::IpAddress::Parse(address);
}

// Where the reg-name at the front of `text` ends.
std::size_t EndOfRegName(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* at = text.data();
  while ((at = SkipBytes(at, end, kHostChar)) != end) {
    if (*at != '%' || end - at < 3 || !Is(at[1], kHexChar) || !Is(at[2], kHexChar)) break;
    at += 3;
  }
  return static_cast<std::size_t>(at - text.data());
}

}  // namespace

bool ParseAuthority(std::string_view text, Authority& authority) {
  const bool literal = !text.empty() && text.front() == '[';
  const std::size_t host_end = literal ? text.find(']') + 1 : EndOfRegName(text);
  authority.host = text.substr(0, host_end);
  authority.port = {};
  if (host_end < text.size()) {
    if (text[host_end] != ':') return false;
    authority.port = text.substr(host_end + 1);
  }
  return (literal ? IsIpLiteral(authority.host) : !authority.host.empty()) &&
         IsPort(authority.port);
}

bool SameAuthority(const Authority& a, const Authority& b, std::string_view default_port) {
  const auto port = [&](const Authority& one) {
    return one.port.empty() ? default_port : one.port;
  };
  return EqualsIgnoreCase(a.host, b.host) && port(a) == port(b);
}

}  // namespace balancer::http
