#pragma once

#include <string>
#include <string_view>

#include "internal/config/settings.hpp"
#include "internal/http/message.hpp"
#include "internal/model/error.hpp"
#include "internal/server/exchange.hpp"

namespace balancer::server {

// Finds out whose request it is, by `rate_limit.client_id`. Thread-safe; settings must outlive it.
class ClientIdentity {
 public:
  explicit ClientIdentity(const config::RateLimitSettings& settings) : settings_(settings) {}

  // The client_id: a view into the head, the peer or `scratch`. Fails with malformed_request when
  // the field that gives it is repeated or holds no valid client_id.
  model::Result<std::string_view> Find(const http::RequestHead& head, const Peer& peer,
                                       std::string& scratch) const;

 private:
  // The peer's address; behind trusted proxies, the nearest address that is none of theirs
  // (X-Forwarded-For read from its end, where each proxy has added its own peer).
  std::string_view AddressOf(const http::RequestHead& head, const Peer& peer,
                             std::string& scratch) const {
    if (settings_.trusted_proxies.empty()) return peer.ip_text;
    return AddressBehindProxies(head, peer, scratch);
  }
  std::string_view AddressBehindProxies(const http::RequestHead& head, const Peer& peer,
                                        std::string& scratch) const;

  const config::RateLimitSettings& settings_;
};

}  // namespace balancer::server
