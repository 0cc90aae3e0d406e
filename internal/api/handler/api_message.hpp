#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "internal/model/error.hpp"

namespace balancer::api {

// A control-plane request, whole. Views valid during the call that they are passed to.
struct ApiRequest {
  std::string_view method;
  std::string_view path;   // "/limits/get"
  std::string_view query;  // without '?'; may be empty
  std::string_view body;
};

struct ApiResponse {
  int status = 200;
  std::string content_type;  // empty: no body
  std::string body;          // also in the answer to a HEAD: the front end leaves it out
  std::string allow;         // the Allow field of a 405
  int retry_after = 0;       // seconds; 0: no such field
};

// Called exactly once; on the caller's thread within the call, or on a storage thread later.
using ApiDone = std::function<void(ApiResponse)>;

// An answer that is JSON.
ApiResponse JsonResponse(int status, std::string body);

// An answer without a body.
ApiResponse EmptyResponse(int status);

// An error as an ApiResponse with its problem+json; Retry-After where the status calls for one.
ApiResponse ErrorResponse(const model::Error& error);

// The 405 of a path that knows only the methods in `allow` ("GET, HEAD").
ApiResponse MethodNotAllowed(std::string allow);

}  // namespace balancer::api
