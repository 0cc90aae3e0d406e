#include "internal/server/listeners.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include <fmt/format.h>

namespace balancer::server {

using model::ErrorCode;

namespace {

constexpr int kBacklog = 4096;  // the kernel takes net.core.somaxconn where that is less

// A socket that is closed unless released.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.Release()) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// Binds a stream socket; on failure errno tells why and the socket is -1.
Socket Bind(const addrinfo& address, bool reuse_port) {
  Socket s(socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (s.get() < 0) return s;
  setsockopt(s.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (reuse_port) setsockopt(s.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  setsockopt(s.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted ones inherit it
  if (bind(s.get(), address.ai_addr, address.ai_addrlen) == 0) return s;
  const int reason = errno;
  close(s.Release());
  errno = reason;
  return s;
}

// Claims a port for one balancer: a name that only one process of this network namespace can have,
// and that goes with the process. -1 when another has it.
int ClaimExclusively(std::uint16_t port) {
  Socket s(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un name{};
  name.sun_family = AF_UNIX;  // abstract: the path begins with a NUL
  const auto end = fmt::format_to_n(name.sun_path + 1, sizeof name.sun_path - 1,
                                    "balancer-exclusive-port-{}", port);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + end.size);
  if (bind(s.get(), reinterpret_cast<sockaddr*>(&name), length) != 0) return -1;
  return s.Release();
}

std::uint16_t PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

void SetPort(addrinfo& address, std::uint16_t port) {
  if (address.ai_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port = htons(port);
  }
}

tl::unexpected<model::Error> CannotListen(const std::string& host, std::uint16_t port,
                                          std::string_view why) {
  return model::Fail(ErrorCode::config_invalid,
                     fmt::format("cannot listen on {}:{}: {}", host, port, why));
}

// Fails when someone listens there already with whom we may not share.
model::Result<int> AgreeOnSharing(const addrinfo& address, const std::string& host,
                                  std::uint16_t port, bool share_port) {
  // Without SO_REUSEPORT a bind fails when anyone listens, whatever they have set.
  const bool taken = Bind(address, false).get() < 0;
  if (taken && (errno != EADDRINUSE || !share_port)) {
    return CannotListen(host, port, std::strerror(errno));
  }
  const int claim = ClaimExclusively(port);
  if (taken && claim < 0) {
    return CannotListen(host, port, "the balancer that listens there does not share its port");
  }
  if (!share_port) return claim;
  if (claim >= 0) close(claim);
  return -1;
}

}  // namespace

model::Result<Listeners> OpenListeners(const std::string& host, std::uint16_t port, int count,
                                       bool share_port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return CannotListen(host, port, gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> address(found, &freeaddrinfo);
  SetPort(*address, port);

  Listeners listeners;
  if (port != 0) {
    const auto claim = AgreeOnSharing(*address, host, port, share_port);
    if (!claim) return tl::unexpected(claim.error());
    listeners.exclusive_claim = *claim;
  }
  std::vector<Socket> sockets;
  for (int i = 0; i < count; ++i) {
    Socket s = Bind(*address, true);
    if (s.get() < 0 || listen(s.get(), kBacklog) != 0) {
      return CannotListen(host, port, std::strerror(errno));
    }
    if (port == 0) SetPort(*address, port = PortOf(s.get()));
    sockets.push_back(std::move(s));
  }
  listeners.port = port;
  for (Socket& s : sockets) listeners.fds.push_back(s.Release());
  return listeners;
}

}  // namespace balancer::server
