#pragma once

#include <atomic>
#include <cstdint>

namespace balancer::model {

// A number that one thread counts up and any thread may read: an ordinary addition, without a lock
// and without an atomic read-modify-write. Several threads may write under a lock of their own.
class Counter {
 public:
  void Add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace balancer::model
