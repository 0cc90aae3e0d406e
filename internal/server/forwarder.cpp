#include "internal/server/forwarder.hpp"

#include "internal/server/forwarding.hpp"

namespace balancer::server {

Forwarder::Forwarder(Loop& loop, const config::Settings& settings, service::PoolService& backends,
                     const upstream::AddressBook& addresses)
    : loop_(loop),
      settings_(settings.upstream),
      trusted_proxies_(settings.rate_limit.trusted_proxies),
      response_limits_{.head_bytes = settings.server.header_bytes,
                       .field_count = settings.server.header_count,
                       .target_bytes = 0},
      backends_(backends),
      addresses_(addresses),
      traffic_(backends.size()),
      connections_(loop, backends.size(), settings_.keepalive, settings_.keepalive_idle),
      connect_deadlines_(loop, settings_.timeouts.connect),
      response_deadlines_(loop, settings_.timeouts.response),
      idle_deadlines_(loop, settings_.timeouts.idle) {}

Forwarder::~Forwarder() = default;

void Forwarder::Start(Exchange& exchange) {
  forwardings_.Take(*this).Start(exchange);
}

}  // namespace balancer::server
