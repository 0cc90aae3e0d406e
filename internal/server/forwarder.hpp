#pragma once

#include <memory>
#include <vector>

#include "internal/config/settings.hpp"
#include "internal/http/parser.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/pool.hpp"
#include "internal/server/upstream/address_book.hpp"
#include "internal/server/upstream/connection_pool.hpp"
#include "internal/service/pool-service/pool_service.hpp"

namespace balancer::server {

class Forwarding;

// Forwards a worker's requests to the backends. Holds what its Forwardings share. Loop thread only.
class Forwarder {
 public:
  // All references must outlive it.
  Forwarder(Loop& loop, const config::Settings& settings, service::PoolService& backends,
            const upstream::AddressBook& addresses);
  ~Forwarder();

  // Chooses a backend, sends it the request and the client the response; or an error.
  void Start(Exchange& exchange);

  // Any thread.
  const ForwardingTraffic& traffic() const { return traffic_; }

 private:
  friend class Forwarding;

  Loop& loop_;
  const config::UpstreamSettings& settings_;
  const std::vector<model::Cidr>& trusted_proxies_;
  const http::HeadLimits response_limits_;
  service::PoolService& backends_;
  const upstream::AddressBook& addresses_;
  ForwardingTraffic traffic_;
  upstream::ConnectionPool connections_;
  DeadlineList connect_deadlines_;
  DeadlineList response_deadlines_;
  DeadlineList idle_deadlines_;
  Pool<Forwarding> forwardings_;
};

}  // namespace balancer::server
