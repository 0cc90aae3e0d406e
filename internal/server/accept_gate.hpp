#pragma once

#include <atomic>
#include <cstddef>

#include "internal/server/loop.hpp"
#include "internal/server/traffic.hpp"

struct evconnlistener;

namespace balancer::server {

// How many clients may be connected at once, over all workers.
struct ConnectionBudget {
  explicit ConnectionBudget(std::size_t most) : max(most) {}
  const std::size_t max;
  std::atomic<std::size_t> open{0};
};

// Counts a worker's clients, and has its listener pause while the budget or descriptors have run
// out: those who wait, wait unaccepted, and the loop does not spin on them. Loop thread only.
class AcceptGate {
 public:
  // The references must outlive it.
  AcceptGate(Loop& loop, ConnectionBudget& budget, Traffic& traffic);

  // Begins to watch over a listener, which must live until Shut().
  void Watch(evconnlistener* listener);
  // The listener is about to go.
  void Shut();

  // A client has been accepted, one has gone.
  void CountIn();
  void CountOut();
  // Pauses for a moment: descriptors have run out.
  void Pause();

 private:
  void MaybeResume();

  ConnectionBudget& budget_;
  Traffic& traffic_;
  Timer resume_timer_;
  evconnlistener* listener_ = nullptr;
  bool paused_ = false;
};

}  // namespace balancer::server
