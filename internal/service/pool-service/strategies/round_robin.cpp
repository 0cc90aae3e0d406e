#include "internal/service/pool-service/strategies/round_robin.hpp"

#include <algorithm>

namespace balancer::service {
namespace {

// A longer cycle is not taken down: it would cost more memory than it saves time.
constexpr std::size_t kMaxCycle = 4096;

}  // namespace

void RoundRobin::SetAvailable(std::vector<Candidate> available) {
  turns_.Reset(available, last_);
  cycle_.clear();
  position_ = 0;
}

std::optional<std::size_t> RoundRobin::Choose(std::span<const std::size_t> tried) {
  const bool any_left = std::ranges::any_of(
      turns_.entries(), [&](const auto& entry) { return !IsIn(tried, entry.candidate.backend); });
  if (!any_left) return std::nullopt;
  std::size_t backend = Next();
  while (IsIn(tried, backend)) backend = Next();
  last_ = backend;
  return backend;
}

std::size_t RoundRobin::Next() {
  if (cycle_.size() == turns_.cycle_length()) {
    const std::size_t backend = cycle_[position_];
    position_ = (position_ + 1) % cycle_.size();
    return backend;
  }
  const std::size_t backend = turns_.Next([](const auto&) { return true; })->candidate.backend;
  if (turns_.cycle_length() <= kMaxCycle) cycle_.push_back(backend);
  return backend;
}

}  // namespace balancer::service
