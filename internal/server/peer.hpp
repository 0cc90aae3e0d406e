#pragma once

#include <cstdint>
#include <string>

#include "internal/model/cidr.hpp"

struct sockaddr;

namespace balancer::server {

// The other end of a client's connection.
struct Peer {
  model::IpAddress ip;
  std::string ip_text;
  std::uint16_t port = 0;
};

// The peer of an accepted socket. REQUIRES: an IPv4 or IPv6 address.
Peer PeerOf(const sockaddr* address);

}  // namespace balancer::server
