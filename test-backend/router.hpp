#pragma once

#include <chrono>
#include <optional>

#include "test-backend/server.hpp"

namespace test_backend {

// Who answers what: `GET /health` gets 200, `GET /ping/` the same after a delay if there is one,
// all else the echo.
class Router : public Handler {
 public:
  explicit Router(std::optional<std::chrono::milliseconds> ping_delay);

  Answer OnRequest(const Request& request, Ticket ticket) override;

 private:
  std::optional<Deferral> ping_;
};

}  // namespace test_backend
