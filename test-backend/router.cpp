#include "test-backend/router.hpp"

#include "test-backend/echo.hpp"

namespace test_backend {

Router::Router(std::optional<std::chrono::milliseconds> ping_delay) {
  if (ping_delay) ping_ = Deferral{*ping_delay, kOk};
}

Handler::Answer Router::OnRequest(const Request& request, Ticket) {
  const std::string_view path = request.uri.substr(0, request.uri.find('?'));
  if (request.method == "GET" || request.method == "HEAD") {
    if (path == "/health") return kOk;
    if (ping_ && path == "/ping/") return &*ping_;
  }
  return Echo(request);
}

}  // namespace test_backend
