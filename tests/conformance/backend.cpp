#include "tests/conformance/backend.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/e2e/support/http.hpp"
#include "tests/e2e/support/ports.hpp"

namespace balancer::conformance {

using namespace e2e;

Backend::Backend()
    : port_(FreePort()), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 16) != 0) {
    throw std::runtime_error("the backend cannot listen on " + std::to_string(port_));
  }
}

Backend::~Backend() {
  close(listener_);
}

std::optional<TcpSocket> Backend::Accept(milliseconds timeout) {
  pollfd ready{listener_, POLLIN, 0};
  if (poll(&ready, 1, static_cast<int>(timeout.count())) <= 0) return std::nullopt;
  const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return std::nullopt;
  return TcpSocket(fd);
}

HealthAnswers::~HealthAnswers() {
  stopping_ = true;
  thread_.join();
}

void HealthAnswers::Serve(Backend& backend) {
  while (!stopping_) {
    auto connection = backend.Accept(10ms);
    if (!connection) continue;
    MessageReader(*connection).ReadRequest();
    connection->Send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
}

}  // namespace balancer::conformance
