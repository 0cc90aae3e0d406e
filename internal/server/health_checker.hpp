#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "internal/server/connection.hpp"
#include "internal/server/loop.hpp"
#include "internal/server/upstream/address_book.hpp"
#include "internal/service/pool-service/pool_service.hpp"

struct evdns_base;

namespace balancer::server {

class HealthCheck;

// Checks the health of every backend: once at start, all at the same time, then each once a period,
// spread over it. Finds the backends' addresses while at it: names are looked up anew for each
// check. Loop thread only, but for CheckSoon(). The references must outlive it.
class HealthChecker {
 public:
  HealthChecker(Loop& loop, service::PoolService& backends, upstream::AddressBook& addresses,
                milliseconds period);
  ~HealthChecker();

  // Begins. `on_first_round` is called when each backend's first check has ended.
  void Start(std::function<void()> on_first_round);

  // Checks a backend now, out of turn. Any thread.
  void CheckSoon(std::size_t backend);

 private:
  friend class HealthCheck;

  struct DnsDeleter {
    void operator()(evdns_base* dns) const;
  };

  // `first`: this backend's first check ever.
  void OnCheckEnded(std::size_t backend, bool first, bool passed, std::string_view reason);
  // When a backend's next regular check is due; the first of them is placed in the period by the
  // backend's number, so that they do not come all at once.
  milliseconds NextDelay(std::size_t backend, bool first) const;

  Loop& loop_;
  service::PoolService& backends_;
  upstream::AddressBook& addresses_;
  const milliseconds period_;
  std::unique_ptr<evdns_base, DnsDeleter> dns_;
  Connection::Shared shared_;
  std::vector<std::unique_ptr<HealthCheck>> checks_;  // by backend
  std::size_t first_round_left_ = 0;
  std::function<void()> on_first_round_;
};

}  // namespace balancer::server
