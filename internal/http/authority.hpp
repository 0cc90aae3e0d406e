#pragma once

#include <string_view>

// The authority of an http URI (RFC 9110 §4.2), without userinfo. Internal to this folder.
namespace balancer::http {

struct Authority {
  std::string_view host;  // with its brackets, for an IPv6 address
  std::string_view port;  // digits, or empty
};

// Takes uri-host[:port] apart. False unless the host is a non-empty RFC 3986 reg-name (without a
// comma), an IPv4 address or a bracketed IPv6 address, and the port is empty or 0 to 65535.
bool ParseAuthority(std::string_view text, Authority& authority);

// Whether both name one host and port; an absent port is `default_port`.
bool SameAuthority(const Authority& a, const Authority& b, std::string_view default_port);

}  // namespace balancer::http
