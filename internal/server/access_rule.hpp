#pragma once

#include <string>
#include <vector>

#include "internal/config/settings.hpp"
#include "internal/http/message.hpp"
#include "internal/model/error.hpp"
#include "internal/server/exchange.hpp"

namespace balancer::server {

// Who may use the control plane. With a token: whoever shows it (RFC 6750 §2.1). Without: the peers
// in `admin.allow`, unless the request has come through a proxy, which would lend it its address.
// Thread-safe; settings must outlive it.
class AccessRule {
 public:
  explicit AccessRule(const config::AdminSettings& settings) : settings_(settings) {}

  // Fails with unauthorized or forbidden.
  model::Result<void> Check(const http::RequestHead& head, const Peer& peer) const;

 private:
  const config::AdminSettings& settings_;
};

}  // namespace balancer::server
