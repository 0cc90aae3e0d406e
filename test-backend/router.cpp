#include "test-backend/router.hpp"

#include <utility>

#include "test-backend/echo.hpp"
#include "test-backend/users_api.hpp"

namespace test_backend {

Router::Router(const RouterOptions& options, Server& server) {
  if (options.ping_delay) ping_ = Deferral{*options.ping_delay, kOk};
  if (!options.users_dsn.empty()) {
    users_.emplace(options.users_dsn, options.users_threads, [&server](Ticket ticket, Reply reply) {
      server.Complete(ticket, std::move(reply));
    });
  }
}

Handler::Answer Router::OnRequest(const Request& request, Ticket ticket) {
  const std::string_view path = request.uri.substr(0, request.uri.find('?'));
  if (request.method == "GET" || request.method == "HEAD") {
    if (path == "/health") return kOk;
    if (ping_ && path == "/ping/") return &*ping_;
  }
  if (users_ && IsUsersPath(path)) return OnUsersRequest(request, ticket);
  return Echo(request);
}

Handler::Answer Router::OnUsersRequest(const Request& request, Ticket ticket) {
  auto read = ReadUsersRequest(request);
  if (auto* reply = std::get_if<Reply>(&read)) return std::move(*reply);
  auto* id = std::get_if<UserId>(&read);
  users_->Ask(id != nullptr ? UsersThreads::Question(std::move(*id)) : std::get<PageOf>(read),
              ticket, users_patience_.after);
  return &users_patience_;
}

}  // namespace test_backend
