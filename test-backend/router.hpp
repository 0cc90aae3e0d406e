#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "test-backend/server.hpp"
#include "test-backend/users_threads.hpp"

namespace test_backend {

struct RouterOptions {
  std::optional<std::chrono::milliseconds> ping_delay;
  std::string users_dsn;  // empty: there is no users API
  int users_threads = 0;
};

// Who answers what: `GET /health` gets 200, `GET /ping/` the same after a delay if there is one,
// the paths of the users API what the database has, all else the echo.
class Router : public Handler {
 public:
  // Answers of the database go to the server, which outlives this.
  Router(const RouterOptions& options, Server& server);

  Answer OnRequest(const Request& request, Ticket ticket) override;

 private:
  Answer OnUsersRequest(const Request& request, Ticket ticket);

  std::optional<Deferral> ping_;
  // A database that neither answers nor fails.
  const Deferral users_patience_{std::chrono::seconds(5), kUnavailable};
  std::optional<UsersThreads> users_;
};

}  // namespace test_backend
