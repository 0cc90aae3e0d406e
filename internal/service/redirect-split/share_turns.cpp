#include "internal/service/redirect-split/share_turns.hpp"

#include <cassert>

namespace balancer::service {
namespace {

using model::kWholeShare;

// Products of two numbers up to kWholeShare times 2 * kMaxRedirectTargets.
__extension__ using Wide = __int128;

}  // namespace

ShareTurns::ShareTurns(const model::RedirectTargets& targets) {
  std::int64_t rest = kWholeShare;
  const auto add = [this](std::size_t index, std::int64_t share) {
    if (share > 0) claims_.push_back({index, share});
  };
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::int64_t share = model::ShareOf(targets[i].percent);
    rest -= share;
    add(i, share);
  }
  add(targets.size(), rest);
}

std::size_t ShareTurns::Next() {
  if (claims_.size() == 1) return claims_.front().index;
  // Claims count from 1/(2k-2) on, and must not get past 1 - 1/(2k-2): multiplied by 2k-2, all of
  // it is whole.
  const auto parts = static_cast<std::int64_t>(2 * claims_.size() - 2);
  const std::int64_t limit = (parts - 1) * kWholeShare;
  Claim* chosen = nullptr;
  // What it has left to its limit, or under 0: room / share turns until it is reached.
  std::int64_t chosen_room = 0;
  for (Claim& claim : claims_) {
    claim.owed += claim.share;
    const std::int64_t owed = claim.owed * parts;
    if (owed < kWholeShare) continue;
    const std::int64_t room = limit - owed;
    if (chosen == nullptr || Wide{room} * chosen->share < Wide{chosen_room} * claim.share) {
      chosen = &claim;
      chosen_room = room;
    }
  }
  assert(chosen != nullptr);  // one is always large enough
  chosen->owed -= kWholeShare;
  return chosen->index;
}

}  // namespace balancer::service
