#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "internal/service/pool-service/strategies/strategy.hpp"
#include "internal/service/pool-service/strategies/weighted_turns.hpp"

namespace balancer::service {

// The backend with the fewest requests in flight per weight; those that are equal take smooth
// weighted turns. Looks at every backend for every choice.
class LeastConnections : public Strategy {
 public:
  void SetAvailable(std::vector<Candidate> available) override;
  std::optional<std::size_t> Choose(std::span<const std::size_t> tried) override;

 private:
  WeightedTurns turns_;              // of the backends that are equal
  std::optional<std::size_t> last_;  // the backend chosen last
};

}  // namespace balancer::service
