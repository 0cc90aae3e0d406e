#include "internal/service/turns/turns.hpp"

#include <utility>

namespace balancer::service {

void Turns::Take(Turn turn) {
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(under_way_, true)) {
      waiting_.push_back(std::move(turn));
      return;
    }
  }
  turn();
}

void Turns::TakeUnlessWaiting(Turn turn) {
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(one_waits_, true)) return;
  }
  Take([this, turn = std::move(turn)] {
    {
      const std::lock_guard lock(mu_);
      one_waits_ = false;
    }
    turn();
  });
}

void Turns::End() {
  Turn next;
  {
    const std::lock_guard lock(mu_);
    if (waiting_.empty()) {
      under_way_ = false;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next();
}

}  // namespace balancer::service
