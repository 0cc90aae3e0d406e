#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tests/e2e/support/process.hpp"

namespace balancer::e2e {

// The real test-backend program on a port of its own.
class TestBackend {
 public:
  TestBackend();

  std::uint16_t port() const { return port_; }
  // As it calls itself in its answers.
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "http://" + address(); }

  void Kill();
  // Back on the same port, once it serves.
  void Start();

 private:
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace balancer::e2e
