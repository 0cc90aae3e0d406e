#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/api/handler/api_message.hpp"
#include "internal/server/accept_gate.hpp"
#include "internal/server/worker.hpp"
#include "internal/service/interfaces/limits_storage.hpp"
#include "internal/service/pool-service/pool_service.hpp"
#include "internal/service/token-manager/token_manager.hpp"

namespace balancer::server::metrics {

// Where the numbers are.
struct Sources {
  std::string version;
  const std::vector<std::unique_ptr<Worker>>& workers;
  const ConnectionBudget& connections;
  const service::PoolService& backends;
  const service::TokenManager& tokens;
  const service::LimitsStorage& storage;
};

// GET and HEAD of /metrics: the program's counters in Prometheus' text format, read when asked for.
// docs/metrics.md lists them. A page is no snapshot: the workers go on counting meanwhile.
//
// Thread safety: all calls, on any thread, while the set of workers does not change. Lifetime: what
// the sources refer to must outlive it.
class Metrics {
 public:
  explicit Metrics(Sources sources);

  static bool Serves(std::string_view path) { return path == "/metrics"; }

  // REQUIRES: Serves(request.path).
  api::ApiResponse Handle(const api::ApiRequest& request) const;

 private:
  std::string Text() const;

  const Sources sources_;
  const double started_;  // the process, in seconds since 1970
};

}  // namespace balancer::server::metrics
