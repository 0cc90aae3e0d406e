#include "test-backend/listener.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>

namespace test_backend {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostPort> ParseHostPort(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;

  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  if (host == "localhost")
    host = "127.0.0.1";  // RFC 6761 §6.3; not every machine has it in its hosts
  return HostPort{std::string(host), port};
}

std::uint16_t PortOf(int socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  return storage.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

// The descriptor, or minus errno.
int Bind(const addrinfo& address) {
  const int fd =
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (fd < 0) return -errno;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, SOMAXCONN) == 0) {
    return fd;
  }
  const int error = errno;
  ::close(fd);
  return -error;
}

}  // namespace

tl::expected<Listener, std::string> Listen(std::string_view host_port) {
  const auto fail = [&](std::string_view why) {
    return tl::unexpected(fmt::format("cannot listen on '{}': {}", host_port, why));
  };
  const auto where = ParseHostPort(host_port);
  if (!where) return fail("it must look like 127.0.0.1:8081 or [::1]:8081");

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  const int failure =
      getaddrinfo(where->host.c_str(), std::to_string(where->port).c_str(), &hints, &raw);
  if (failure != 0) return fail(gai_strerror(failure));

  const int fd = Bind(*Addresses(raw));
  if (fd < 0) return fail(std::system_category().message(-fd));
  return Listener{fd, fmt::format("{}:{}", host_port.substr(0, host_port.rfind(':')), PortOf(fd))};
}

}  // namespace test_backend
