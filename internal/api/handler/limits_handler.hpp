#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "internal/service/limits-manager/limits_manager.hpp"

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
  std::string body;
  std::string allow;         // the Allow field of a 405
  int retry_after = 0;       // seconds; 0: no such field
};

// Called exactly once; on the caller's thread within the call, or on a storage thread later.
using ApiDone = std::function<void(ApiResponse)>;

// /limits/create, get, update, delete: JSON in and out, as CONTRACT section 4 has it. Knows no HTTP
// library and no sockets; who may call is decided before it.
//
// Thread safety: all calls, on any thread. Lifetime: `limits` must outlive it.
class LimitsHandler {
 public:
  explicit LimitsHandler(service::LimitsManager& limits) : limits_(limits) {}

  // REQUIRES: request.path begins with "/limits/".
  void Handle(const ApiRequest& request, ApiDone done);

 private:
  service::LimitsManager& limits_;
};

// An error as an ApiResponse with its problem+json; Retry-After where the status calls for one.
ApiResponse ErrorResponse(const model::Error& error);

}  // namespace balancer::api
