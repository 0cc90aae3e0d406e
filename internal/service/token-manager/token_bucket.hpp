#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "internal/model/client_limit.hpp"

namespace balancer::service {

// A token bucket in the form of GCRA (ITU-T I.371): its state is one word, the time at which it
// will be full again. A token taken moves that time one period (1 / rate) later; it may not come to
// lie more than capacity periods ahead of now. Refill needs no work: it is time passing.
//
// Exact: over any time t at most capacity + rate * t tokens are given, whatever the number of
// threads. Time is counted in units of 1/18 ns (coarser where filling takes years) and the period
// is rounded up, so that no rounding ever adds a token. With 18 units a ns the period of every rate
// that divides 18e9 is whole: 3, 60 and 90 a second are as exact as 10.
//
// `now` is the time since an epoch that the caller chooses, the same for all calls; it may go on
// for 8 years. A `now` earlier than one passed before is harmless: no token is given twice.
//
// Thread safety: Take, IsFull and RetryAfter at any time; Change alone.
class TokenBucket {
 public:
  using Time = std::chrono::nanoseconds;

  // A full bucket. REQUIRES: model::CheckLimit(limit) holds.
  explicit TokenBucket(const model::Limit& limit) : pace_(limit) {}

  // Takes a token; false: there is none.
  bool Take(Time now) {
    const std::uint64_t units = pace_.Units(now);
    const std::uint64_t latest = units + pace_.span();
    std::uint64_t full_at = full_at_.load(std::memory_order_relaxed);
    std::uint64_t next;
    do {
      next = (full_at > units ? full_at : units) + pace_.period;
      if (next > latest) return false;
    } while (!full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed));
    return true;
  }

  // A full bucket is as good as a new one.
  bool IsFull(Time now) const {
    return full_at_.load(std::memory_order_relaxed) <= pace_.Units(now);
  }

  // How long until there is a token: whole seconds, rounded up, in [1, 2^31 - 1].
  std::chrono::seconds RetryAfter(Time now) const;

  // Changes the limit. The tokens in the bucket, fractions too, are kept, clamped to the new
  // capacity. REQUIRES: model::CheckLimit(limit) holds.
  void Change(const model::Limit& limit, Time now);

 private:
  // A limit in integers. A unit is 2^shift / 18 ns.
  struct Pace {
    explicit Pace(const model::Limit& limit);

    std::uint64_t Units(Time now) const {
      const auto ns = static_cast<std::uint64_t>(now.count() > 0 ? now.count() : 0);
      return (ns * kUnitsPerNs) >> shift;
    }
    // Units from empty to full.
    std::uint64_t span() const { return capacity * period; }

    friend bool operator==(const Pace&, const Pace&) = default;

    static constexpr std::uint64_t kUnitsPerNs = 18;

    std::uint64_t period;    // units a token; capacity * (period - 1) is at most 2^62
    std::uint32_t capacity;  // tokens
    std::uint8_t shift;
  };

  std::atomic<std::uint64_t> full_at_{0};  // units
  Pace pace_;
};

}  // namespace balancer::service
