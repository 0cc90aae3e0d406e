#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "internal/model/counter.hpp"

namespace balancer::model {

// The longest time that falls into each bucket of a histogram; what took longer goes into one more.
inline constexpr auto kDurationBounds = [] {
  using namespace std::chrono_literals;
  return std::array<std::chrono::nanoseconds, 16>{500us, 1ms,   2500us, 5ms,   10ms, 25ms,
                                                  50ms,  100ms, 250ms,  500ms, 1s,   2500ms,
                                                  5s,    10s,   30s,    60s};
}();

// A histogram as it was read, or several of them added up.
struct DurationCounts {
  std::array<std::uint64_t, kDurationBounds.size() + 1> buckets{};  // each by itself
  std::chrono::nanoseconds sum{0};
};

// How long things took. Counted like a Counter: one writer, any reader.
class DurationHistogram {
 public:
  void Add(std::chrono::nanoseconds duration) {
    std::size_t bucket = 0;
    while (bucket < kDurationBounds.size() && duration > kDurationBounds[bucket]) ++bucket;
    buckets_[bucket].Add();
    sum_.Add(static_cast<std::uint64_t>(duration.count()));
  }

  void AddTo(DurationCounts& counts) const {
    for (std::size_t i = 0; i < buckets_.size(); ++i) counts.buckets[i] += buckets_[i].value();
    counts.sum += std::chrono::nanoseconds(sum_.value());
  }

 private:
  std::array<Counter, kDurationBounds.size() + 1> buckets_;
  Counter sum_;  // nanoseconds
};

}  // namespace balancer::model
