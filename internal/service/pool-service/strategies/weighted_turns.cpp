#include "internal/service/pool-service/strategies/weighted_turns.hpp"

#include <algorithm>
#include <numeric>

namespace balancer::service {

void WeightedTurns::Reset(const std::vector<Candidate>& available,
                          std::optional<std::size_t> last) {
  std::int64_t divisor = available.empty() ? 1 : available.front().weight;
  for (const Candidate& candidate : available) {
    divisor = std::gcd(divisor, std::int64_t{candidate.weight});
  }
  entries_.clear();
  cycle_length_ = 0;
  for (const Candidate& candidate : available) {
    entries_.push_back({.candidate = candidate, .weight = candidate.weight / divisor});
    cycle_length_ += static_cast<std::size_t>(entries_.back().weight);
  }
  const auto follows_last = [&](const Entry& entry) {
    return last && entry.candidate.backend > *last;
  };
  std::rotate(entries_.begin(), std::ranges::find_if(entries_, follows_last), entries_.end());
}

}  // namespace balancer::service
