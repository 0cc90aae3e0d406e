#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace balancer::service {

// A backend as a balancing policy sees it.
struct Candidate {
  std::size_t backend = 0;  // index into the configured list
  int weight = 1;
  const std::atomic<int>* in_flight = nullptr;  // requests now, of all workers
};

// A balancing policy: one file pair each beside this one.
//
// Thread safety: the pool calls it under its lock; it needs none of its own.
class Strategy {
 public:
  virtual ~Strategy() = default;

  // The backends that may be chosen from now on. Called when one turns up or down.
  virtual void SetAvailable(std::vector<Candidate> available) = 0;

  // The backend for the next request, none of those in `tried` (usually empty). nullopt: all are.
  virtual std::optional<std::size_t> Choose(std::span<const std::size_t> tried) = 0;
};

}  // namespace balancer::service
