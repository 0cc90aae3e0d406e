#include "internal/server/peer.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace balancer::server {

Peer PeerOf(const sockaddr* address) {
  Peer peer;
  std::array<std::uint8_t, 16> bytes{};
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
    peer.port = ntohs(v6->sin6_port);
  } else {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    bytes[10] = bytes[11] = 0xFF;
    std::memcpy(bytes.data() + 12, &v4->sin_addr, 4);
    peer.port = ntohs(v4->sin_port);
  }
  peer.ip = model::IpAddress(bytes);
  peer.ip_text = peer.ip.ToString();
  return peer;
}

}  // namespace balancer::server
