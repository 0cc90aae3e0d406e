#pragma once

#include <string>

#include "internal/api/handler/health_handler.hpp"
#include "internal/server/client_identity.hpp"
#include "internal/server/control_plane.hpp"
#include "internal/server/forwarder.hpp"
#include "internal/server/parking.hpp"
#include "internal/server/redirector.hpp"
#include "internal/server/traffic.hpp"
#include "internal/service/token-manager/token_manager.hpp"

namespace balancer::server {

namespace metrics {
class Metrics;
}

// The public port: what is the control plane's goes to it; everything else takes a token, and is
// redirected or forwarded. Loop thread only; what it is given must outlive it.
class PublicRouter final : public Router {
 public:
  PublicRouter(Loop& loop, const config::RateLimitSettings& settings, ControlPlane& control_plane,
               service::TokenManager& tokens, Redirector* redirector, Forwarder& forwarder,
               Traffic& traffic)
      : loop_(loop),
        rate_limited_(settings.enabled),
        identity_(settings),
        control_plane_(control_plane),
        tokens_(tokens),
        redirector_(redirector),
        forwarder_(forwarder),
        traffic_(traffic) {}

  void OnRequest(Exchange& exchange) override;

 private:
  void Admit(Exchange& exchange);
  void Park(Exchange& exchange, std::string_view client_id);
  void Decide(Exchange& exchange, const service::Admission& admission);
  void Serve(Exchange& exchange);

  Loop& loop_;
  const bool rate_limited_;
  const ClientIdentity identity_;
  ControlPlane& control_plane_;
  service::TokenManager& tokens_;
  Redirector* const redirector_;  // nullptr: nothing is redirected
  Forwarder& forwarder_;
  Traffic& traffic_;
  Parking parking_;  // requests whose client is being looked up
  std::string scratch_;
};

// The admin listener: the control plane, /healthz, /readyz and /metrics. Loop thread only; the
// references must outlive it.
class AdminRouter final : public Router {
 public:
  AdminRouter(ControlPlane& control_plane, const api::HealthHandler& health,
              const metrics::Metrics& metrics)
      : control_plane_(control_plane), health_(health), metrics_(metrics) {}

  void OnRequest(Exchange& exchange) override;

 private:
  ControlPlane& control_plane_;
  const api::HealthHandler& health_;
  const metrics::Metrics& metrics_;
};

}  // namespace balancer::server
