#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "internal/service/pool-service/strategies/strategy.hpp"

namespace balancer::service {

// Smooth weighted turns, as nginx takes them: weights 5, 1, 1 give a a b a c a a, and equal weights
// give every backend its turn. What round-robin and the ties of least-connections are made of.
//
// Each entry earns its weight at every turn that it takes part in, the one that has earned most is
// chosen, and pays what all of them earned.
class WeightedTurns {
 public:
  struct Entry {
    Candidate candidate;
    std::int64_t weight = 1;  // of the candidate, over the common divisor of all
    std::int64_t earned = 0;
  };

  // Begins anew, with the backend that follows `last`, the one chosen last: backends that come and
  // go do not give the first one more than its share.
  void Reset(const std::vector<Candidate>& available, std::optional<std::size_t> last);

  // The entry whose turn it is, of those that `takes_part` is true for; nullptr if there are none.
  template <std::predicate<const Entry&> TakesPart>
  const Entry* Next(TakesPart takes_part) {
    Entry* best = nullptr;
    std::int64_t paid = 0;
    for (Entry& entry : entries_) {
      if (!takes_part(entry)) continue;
      entry.earned += entry.weight;
      paid += entry.weight;
      if (best == nullptr || entry.earned > best->earned) best = &entry;
    }
    if (best == nullptr) return nullptr;
    best->earned -= paid;
    return best;
  }

  const std::vector<Entry>& entries() const { return entries_; }

  // Turns of all entries after which they repeat.
  std::size_t cycle_length() const { return cycle_length_; }

 private:
  std::vector<Entry> entries_;
  std::size_t cycle_length_ = 0;
};

inline bool IsIn(std::span<const std::size_t> backends, std::size_t backend) {
  return std::ranges::find(backends, backend) != backends.end();
}

}  // namespace balancer::service
