#pragma once

#include <atomic>
#include <cstdint>

namespace balancer::server {

// A number that one thread counts up and any thread may read: an ordinary addition, without a lock
// and without an atomic read-modify-write.
class Counter {
 public:
  void Add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What the clients of one listener have done, counted on its loop and summed up by who wants to
// know. On cache lines of its own: no other worker writes there.
struct alignas(64) Traffic {
  Counter requests;  // with a whole head, or refused for the lack of one
};

}  // namespace balancer::server
