#pragma once

#include <deque>
#include <functional>
#include <mutex>

namespace balancer::service {

// Has storage asked for one thing at a time, so that it is known what its answer contains.
//
// Thread safety: all calls, on any thread. Lifetime: it must outlive the turns that are under way.
class Turns {
 public:
  using Turn = std::function<void()>;

  // Calls it when all turns taken before have ended: at once, or within the End() of the last of
  // them. It ends with a call of End(), there or later.
  void Take(Turn turn);
  // The same, unless one that was taken by this waits already: it will see what this one would.
  void TakeUnlessWaiting(Turn turn);
  void End();

 private:
  std::mutex mu_;
  // Guarded by mu_.
  bool under_way_ = false;
  bool one_waits_ = false;
  std::deque<Turn> waiting_;
};

}  // namespace balancer::service
