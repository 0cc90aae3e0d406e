#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>

#include "tests/e2e/support/tcp.hpp"

namespace balancer::conformance {

// A backend that says and sees raw bytes: a listening socket on a free port. Health checks are
// answered while a HealthAnswers lives and never otherwise, so that the balancer's checks must be
// far apart.
class Backend {
 public:
  Backend();
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  std::uint16_t port() const { return port_; }
  // The next connection, or nothing in time.
  std::optional<e2e::TcpSocket> Accept(e2e::milliseconds timeout);

 private:
  const std::uint16_t port_;
  int listener_;
};

// Answers every connection to the backend as a health check that passes, on a thread of its own,
// until it is destroyed.
class HealthAnswers {
 public:
  explicit HealthAnswers(Backend& backend) : thread_([this, &backend] { Serve(backend); }) {}
  ~HealthAnswers();

 private:
  void Serve(Backend& backend);

  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace balancer::conformance
