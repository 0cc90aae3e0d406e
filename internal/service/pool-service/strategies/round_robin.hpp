#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "internal/service/pool-service/strategies/strategy.hpp"
#include "internal/service/pool-service/strategies/weighted_turns.hpp"

namespace balancer::service {

// Every backend in its turn, in proportion to its weight; exactly even for equal weights. A backend
// that is passed over because it was tried loses that turn.
//
// The turns repeat: one cycle is taken down as it goes and played back from then on, so that a
// choice does not depend on how many backends there are.
class RoundRobin : public Strategy {
 public:
  void SetAvailable(std::vector<Candidate> available) override;
  std::optional<std::size_t> Choose(std::span<const std::size_t> tried) override;

 private:
  // REQUIRES: there is an entry.
  std::size_t Next();

  WeightedTurns turns_;
  std::vector<std::size_t> cycle_;   // backends in turn, as far as it is taken down
  std::size_t position_ = 0;         // of the next turn, in a whole cycle_
  std::optional<std::size_t> last_;  // the backend chosen last
};

}  // namespace balancer::service
