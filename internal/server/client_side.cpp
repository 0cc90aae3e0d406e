#include "internal/server/client_side.hpp"

namespace balancer::server {
namespace {

constexpr milliseconds kLinger{2'000};

}  // namespace

ClientSide::ClientSide(Loop& its_loop, const config::ServerSettings& settings, Router& its_router,
                       ConnectionBudget& budget, Traffic& its_traffic)
    : loop(its_loop),
      head_limits{.head_bytes = settings.header_bytes,
                  .field_count = settings.header_count,
                  .target_bytes = settings.uri_bytes},
      body_limit(settings.body_bytes == 0 ? http::BodyReader::kNoLimit : settings.body_bytes),
      router(its_router),
      traffic(its_traffic),
      clock(its_loop),
      gate(its_loop, budget, its_traffic),
      idle_deadlines(its_loop, settings.timeouts.idle),
      header_deadlines(its_loop, settings.timeouts.header),
      body_deadlines(its_loop, settings.timeouts.body),
      linger_deadlines(its_loop, kLinger) {}

ClientExchange& ClientSide::TakeExchange(ClientConnection& connection, const Peer& peer) {
  ClientExchange& exchange = exchanges.Take(*this);
  exchange.Attach(connection, peer);
  return exchange;
}

}  // namespace balancer::server
