#include "internal/api/handler/api_message.hpp"

#include <utility>

#include "internal/http/problem.hpp"

namespace balancer::api {

ApiResponse JsonResponse(int status, std::string body) {
  ApiResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

ApiResponse EmptyResponse(int status) {
  ApiResponse response;
  response.status = status;
  return response;
}

ApiResponse ErrorResponse(const model::Error& error) {
  http::Problem problem = http::ToProblem(error);
  ApiResponse response;
  response.status = problem.status;
  response.content_type = http::Problem::kContentType;
  response.body = std::move(problem.body);
  if (response.status == 503 || response.status == 429) response.retry_after = 1;
  return response;
}

ApiResponse MethodNotAllowed(std::string allow) {
  ApiResponse response =
      ErrorResponse({model::ErrorCode::method_not_allowed, "this path knows only " + allow});
  response.allow = std::move(allow);
  return response;
}

}  // namespace balancer::api
