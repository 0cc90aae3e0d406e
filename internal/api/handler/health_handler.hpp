#pragma once

#include "internal/api/handler/api_message.hpp"
#include "internal/service/interfaces/limits_storage.hpp"
#include "internal/service/pool-service/pool_service.hpp"

namespace balancer::api {

// GET and HEAD of /healthz (200: the process serves) and /readyz (200: it can do its work too, else
// 503 with the reasons). JSON, at once.
//
// Thread safety: all calls, on any thread. Lifetime: both references must outlive it.
class HealthHandler {
 public:
  HealthHandler(const service::PoolService& pool, const service::LimitsStorage& storage)
      : pool_(pool), storage_(storage) {}

  // Paths other than these two are 404.
  ApiResponse Handle(const ApiRequest& request) const;

 private:
  ApiResponse Ready() const;

  const service::PoolService& pool_;
  const service::LimitsStorage& storage_;
};

}  // namespace balancer::api
