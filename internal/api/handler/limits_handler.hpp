#pragma once

#include "internal/api/handler/api_message.hpp"
#include "internal/service/limits-manager/limits_manager.hpp"

namespace balancer::api {

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

}  // namespace balancer::api
