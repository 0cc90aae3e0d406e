#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "internal/server/exchange.hpp"

namespace balancer::server {

// Exchanges that wait for an answer from another thread. The answer comes back under a number; when
// the client has left by then, the number leads nowhere. Loop thread only.
class Parking {
 public:
  // Serves the exchange, its body paused, until Take().
  std::uint64_t Park(Exchange& exchange) {
    const std::uint64_t number = next_++;
    auto& place = places_[number] = std::make_unique<Place>(*this, number, exchange);
    if (exchange.head().framing.has_body()) exchange.PauseBody();
    exchange.Accept(*place);
    return number;
  }

  // The exchange, to be served by the caller; nullptr when its client has left.
  Exchange* Take(std::uint64_t number) {
    const auto found = places_.find(number);
    if (found == places_.end()) return nullptr;
    Exchange* exchange = &found->second->exchange;
    places_.erase(found);
    return exchange;
  }

 private:
  struct Place final : RequestHandler {
    Place(Parking& p, std::uint64_t n, Exchange& e) : parking(p), number(n), exchange(e) {}
    void OnBody(std::string_view) override {}
    void OnRequestEnd() override {}
    void OnDrained() override {}
    void OnClientGone() override { parking.places_.erase(number); }

    Parking& parking;
    const std::uint64_t number;
    Exchange& exchange;
  };

  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Place>> places_;
};

}  // namespace balancer::server
