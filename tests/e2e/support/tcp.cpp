#include "tests/e2e/support/tcp.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace balancer::e2e {
namespace {

bool Ready(int fd, short events, milliseconds timeout) {
  pollfd item{fd, events, 0};
  return poll(&item, 1, static_cast<int>(timeout.count())) > 0;
}

sockaddr_in Loopback(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  return result;
}

// Thousands of sockets need more descriptors than a shell gives by default.
void RaiseOpenFiles() {
  static const bool done = [] {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }();
  static_cast<void>(done);
}

}  // namespace

TcpSocket TcpSocket::Connect(std::uint16_t port, const ConnectOptions& options) {
  RaiseOpenFiles();
  TcpSocket result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (options.receive_buffer > 0) {
    setsockopt(result.fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer,
               sizeof options.receive_buffer);
  }
  if (options.source != "127.0.0.1") {
    const auto source = Loopback(options.source, 0);
    if (bind(result.fd_, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      throw std::runtime_error("cannot bind to " + options.source);
    }
  }
  const auto target = Loopback("127.0.0.1", port);
  if (connect(result.fd_, reinterpret_cast<const sockaddr*>(&target), sizeof target) != 0) {
    throw std::runtime_error("connect to port " + std::to_string(port) + ": " +
                             std::strerror(errno));
  }
  return result;
}

TcpSocket::TcpSocket(int fd) : fd_(fd) {
  if (fd_ < 0) throw std::runtime_error(std::string("socket: ") + std::strerror(errno));
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

TcpSocket::TcpSocket(TcpSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

TcpSocket& TcpSocket::operator=(TcpSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

bool TcpSocket::Send(std::string_view bytes, milliseconds timeout) {
  const Deadline deadline(timeout);
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || deadline.passed()) {
      return false;
    } else {
      Ready(fd_, POLLOUT, deadline.left());
    }
  }
  return true;
}

TcpSocket::Got TcpSocket::Receive(std::string& out, milliseconds timeout) {
  if (!Ready(fd_, POLLIN, timeout)) return Got::nothing;
  char buffer[65536];
  const ssize_t got = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got == 0) return Got::closed;
  if (got < 0) return errno == EAGAIN ? Got::nothing : Got::reset;
  out.append(buffer, static_cast<std::size_t>(got));
  return Got::bytes;
}

void TcpSocket::HalfClose() {
  shutdown(fd_, SHUT_WR);
}

void TcpSocket::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void TcpSocket::Reset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

std::uint16_t TcpSocket::local_port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool Listens(std::uint16_t port) {
  try {
    TcpSocket::Connect(port);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace balancer::e2e
