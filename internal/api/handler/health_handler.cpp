#include "internal/api/handler/health_handler.hpp"

#include <string>

#include <fmt/format.h>

namespace balancer::api {

ApiResponse HealthHandler::Handle(const ApiRequest& request) const {
  if (request.path != "/healthz" && request.path != "/readyz") {
    return ErrorResponse({model::ErrorCode::not_found, "no such path"});
  }
  if (request.method != "GET" && request.method != "HEAD") return MethodNotAllowed("GET, HEAD");
  if (request.path == "/healthz") return JsonResponse(200, R"({"status":"ok"})");
  return Ready();
}

ApiResponse HealthHandler::Ready() const {
  const std::size_t healthy = pool_.healthy_count();
  std::string reasons;
  if (healthy == 0) reasons += R"("no backend is healthy")";
  if (!storage_.available()) {
    if (!reasons.empty()) reasons += ',';
    reasons += R"("storage does not answer")";
  }
  if (!reasons.empty()) {
    return JsonResponse(503, fmt::format(R"({{"status":"not ready","reasons":[{}]}})", reasons));
  }
  return JsonResponse(
      200, fmt::format(R"({{"status":"ready","healthy_backends":{},"storage":"ok"}})", healthy));
}

}  // namespace balancer::api
