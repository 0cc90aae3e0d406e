#include "internal/service/pool-service/strategies/least_connections.hpp"

#include <cstdint>

namespace balancer::service {
namespace {

// Requests in flight per weight, compared without dividing.
struct Load {
  std::int64_t in_flight = 0;
  std::int64_t weight = 1;

  explicit Load(const Candidate& candidate)
      : in_flight(candidate.in_flight->load(std::memory_order_relaxed)), weight(candidate.weight) {}

  friend bool operator<(const Load& a, const Load& b) {
    return a.in_flight * b.weight < b.in_flight * a.weight;
  }
};

}  // namespace

void LeastConnections::SetAvailable(std::vector<Candidate> available) {
  turns_.Reset(available, last_);
}

std::optional<std::size_t> LeastConnections::Choose(std::span<const std::size_t> tried) {
  std::optional<Load> least;
  for (const auto& [candidate, weight, earned] : turns_.entries()) {
    if (IsIn(tried, candidate.backend)) continue;
    const Load load(candidate);
    if (!least || load < *least) least = load;
  }
  if (!least) return std::nullopt;

  // Requests end meanwhile, none begins: what was least is so still, or is even less.
  const WeightedTurns::Entry* chosen = turns_.Next([&](const WeightedTurns::Entry& entry) {
    return !IsIn(tried, entry.candidate.backend) && !(*least < Load(entry.candidate));
  });
  last_ = chosen->candidate.backend;
  return last_;
}

}  // namespace balancer::service
