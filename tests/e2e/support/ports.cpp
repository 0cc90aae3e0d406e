#include "tests/e2e/support/ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <mutex>
#include <stdexcept>
#include <string>

namespace balancer::e2e {
namespace {

constexpr int kFirst = 10'000;
constexpr int kCount = 22'000;
// Test programs run side by side begin this far from each other.
constexpr int kStride = 101;

// Keeps other test programs from this port until we end: a name that one process can have. The
// descriptor is kept for that.
bool Claim(std::uint16_t port) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;  // abstract: the path begins with a NUL
  const auto text = "balancer-test-port-" + std::to_string(port);
  text.copy(name.sun_path + 1, text.size());
  const auto length = offsetof(sockaddr_un, sun_path) + 1 + text.size();
  if (bind(fd, reinterpret_cast<sockaddr*>(&name), static_cast<socklen_t>(length)) == 0)
    return true;
  close(fd);
  return false;
}

bool CanListen(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  const bool ok =
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0;
  close(fd);
  return ok;
}

}  // namespace

std::uint16_t FreePort() {
  static std::mutex mu;
  static int next = getpid() * kStride % kCount;
  const std::lock_guard lock(mu);
  for (int tried = 0; tried < kCount; ++tried) {
    const auto port = static_cast<std::uint16_t>(kFirst + next++ % kCount);
    if (Claim(port) && CanListen(port)) return port;
  }
  throw std::runtime_error("no free port");
}

}  // namespace balancer::e2e
