#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "internal/model/redirect_target.hpp"

namespace balancer::service {

// Takes turns by shares, exactly: after any number N of turns, each target's count, and that of the
// rest, differs from N * share by less than 1. With one target it is floor(N * share + 1/2), so
// that this holds for any N turns in a row too.
//
// R. Tijdeman, The chairman assignment problem, Discrete Mathematics 32 (1980): of those whose
// claim is large enough already, the one that must have its turn the soonest. Whole numbers: there
// is no rounding, hence no drift.
class ShareTurns {
 public:
  // What the shares leave of the whole goes to the rest. REQUIRES: CheckRedirectTargets.
  explicit ShareTurns(const model::RedirectTargets& targets);

  // Whose turn it is: an index into the targets; their number for the rest.
  std::size_t Next();

 private:
  struct Claim {
    std::size_t index;
    std::int64_t share;  // of model::kWholeShare; over 0
    std::int64_t owed =
        0;  // turns * share - kWholeShare * turns had, in (-kWholeShare, kWholeShare)
  };

  std::vector<Claim> claims_;
};

}  // namespace balancer::service
