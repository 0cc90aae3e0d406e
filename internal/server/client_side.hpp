#pragma once

#include <cstdint>

#include "internal/config/settings.hpp"
#include "internal/http/parser.hpp"
#include "internal/server/accept_gate.hpp"
#include "internal/server/client_exchange.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/loop.hpp"
#include "internal/server/pool.hpp"
#include "internal/server/response_clock.hpp"

namespace balancer::server {

// What a worker's front end shares with its connections and their exchanges, whichever front end it
// is. Loop thread only.
struct ClientSide {
  // The references must outlive it.
  ClientSide(Loop& its_loop, const config::ServerSettings& settings, Router& its_router,
             ConnectionBudget& budget, Traffic& its_traffic);

  // An exchange for a request of this connection's. To be given back to `exchanges`.
  ClientExchange& TakeExchange(ClientConnection& connection, const Peer& peer);

  // How long a client that goes on sending after our last response is listened to at most.
  static constexpr milliseconds kLongestLinger{30'000};

  Loop& loop;
  const http::HeadLimits head_limits;
  const std::uint64_t body_limit;
  Router& router;
  Traffic& traffic;
  ResponseClock clock;
  AcceptGate gate;
  DeadlineList idle_deadlines;
  DeadlineList header_deadlines;
  DeadlineList body_deadlines;
  DeadlineList linger_deadlines;  // how long such a client may be silent meanwhile
  Pool<ClientExchange> exchanges;
  bool draining = false;
};

}  // namespace balancer::server
