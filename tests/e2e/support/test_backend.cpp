#include "tests/e2e/support/test_backend.hpp"

#include <stdexcept>

#include "tests/e2e/support/ports.hpp"
#include "tests/e2e/support/tcp.hpp"

namespace balancer::e2e {

TestBackend::TestBackend() : port_(FreePort()) {
  Start();
}

void TestBackend::Kill() {
  process_.reset();
}

void TestBackend::Start() {
  process_ = std::make_unique<Process>(
      std::vector<std::string>{TEST_BACKEND_PROGRAM, "--host-port", address()});
  if (!Eventually([this] { return !process_->running() || Listens(port_); }) ||
      !process_->running()) {
    throw std::runtime_error("test-backend does not serve; it said:\n" + process_->Log());
  }
}

}  // namespace balancer::e2e
