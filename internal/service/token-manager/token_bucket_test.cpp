#include "internal/service/token-manager/token_bucket.hpp"

#include <atomic>
#include <cmath>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using balancer::service::TokenBucket;
using std::chrono::nanoseconds;
using std::chrono::seconds;

namespace {

// An arbitrary beginning, so that nothing depends on time 0.
constexpr nanoseconds kStart = 1'000'000s + 7ns;

// How many of `tries` requests get a token.
std::int64_t TakeMany(TokenBucket& bucket, std::int64_t tries, nanoseconds now) {
  std::int64_t taken = 0;
  for (std::int64_t i = 0; i < tries; ++i) taken += bucket.Take(now) ? 1 : 0;
  return taken;
}

}  // namespace

TEST_CASE("A new bucket is full, and gives its capacity") {
  TokenBucket bucket({10, 1});
  CHECK(bucket.IsFull(kStart));
  CHECK(TakeMany(bucket, 100, kStart) == 10);
  CHECK_FALSE(bucket.IsFull(kStart));
}

TEST_CASE("A bucket is full at the very beginning of time, and before it") {
  TokenBucket bucket({2, 1});
  CHECK(TakeMany(bucket, 5, -5s) == 2);
  CHECK(TakeMany(bucket, 5, 0s) == 0);
  CHECK(TakeMany(bucket, 5, 1s) == 1);
}

TEST_CASE("A bucket refills continuously, to the nanosecond") {
  const double rate = GENERATE(1.0, 3.0, 5.0, 0.5, 60.0, 90.0, 1000.0);
  const nanoseconds period(static_cast<std::int64_t>(std::ceil(1e9 / rate)));
  TokenBucket bucket({10, rate});
  REQUIRE(TakeMany(bucket, 100, kStart) == 10);
  CHECK_FALSE(bucket.Take(kStart + period - 1ns));
  CHECK(bucket.Take(kStart + period));
  CHECK_FALSE(bucket.Take(kStart + period));
}

TEST_CASE("Whole seconds bring whole tokens") {
  for (const double rate : {1.0, 2.0, 3.0, 5.0, 6.0, 9.0, 10.0, 15.0, 60.0, 90.0, 900.0}) {
    INFO("rate " << rate);
    TokenBucket bucket({1000, rate});
    REQUIRE(TakeMany(bucket, 1001, kStart) == 1000);
    CHECK(TakeMany(bucket, 1001, kStart + 1s) == static_cast<std::int64_t>(rate));
  }
}

TEST_CASE("A bucket never holds more than its capacity") {
  TokenBucket bucket({10, 5});
  TakeMany(bucket, 10, kStart);
  CHECK_FALSE(bucket.IsFull(kStart + 2s - 1ns));
  CHECK(bucket.IsFull(kStart + 2s));
  CHECK(TakeMany(bucket, 100, kStart + 1h) == 10);
}

TEST_CASE("Retry-After is in whole seconds, rounded up, and no longer than needed") {
  TokenBucket slow({1, 0.25});
  slow.Take(kStart);
  CHECK(slow.RetryAfter(kStart) == 4s);
  CHECK(slow.RetryAfter(kStart + 1ns) == 4s);
  CHECK(slow.RetryAfter(kStart + 1s) == 3s);
  CHECK(slow.RetryAfter(kStart + 3s + 1ns) == 1s);
  CHECK(slow.RetryAfter(kStart + 4s) == 1s);
  CHECK(slow.Take(kStart + 4s));

  TokenBucket quick({1, 1000});
  quick.Take(kStart);
  CHECK(quick.RetryAfter(kStart) == 1s);

  TokenBucket glacial({1, 1e-300});
  glacial.Take(kStart);
  CHECK(glacial.RetryAfter(kStart) == seconds(2'147'483'647));
}

TEST_CASE("A clock that goes back gives no token twice") {
  TokenBucket bucket({10, 10});
  CHECK(TakeMany(bucket, 4, kStart + 10s) == 4);
  CHECK(TakeMany(bucket, 100, kStart) == 0);
  CHECK(TakeMany(bucket, 100, kStart + 10s - 100ms) == 5);
  CHECK(TakeMany(bucket, 100, kStart + 10s) == 1);
}

TEST_CASE("No limit in the allowed range overflows or loses its meaning") {
  const std::int64_t capacity = GENERATE(1, 2, 1000, 1'000'000'000);
  const double rate = GENERATE(1e-300, 1e-6, 1e-3, 0.3, 1.0, 7.0, 1e5, 999'999'937.0, 1e9);
  const nanoseconds start =
      GENERATE(nanoseconds(0), nanoseconds(kStart), nanoseconds(8 * 365 * 24h));
  INFO("capacity " << capacity << ", rate " << rate << ", start " << start.count());

  TokenBucket bucket({capacity, rate});
  CHECK(bucket.IsFull(start));
  REQUIRE(bucket.Take(start));
  CHECK_FALSE(bucket.IsFull(start));
  if (capacity > 1'000'000) return;

  REQUIRE(TakeMany(bucket, capacity, start) == capacity - 1);
  const double period_ns = 1e9 / rate;
  if (period_ns > 1e17) return;
  // One token a period, to a billionth of it or the granularity of the clock.
  const auto early = static_cast<std::int64_t>(period_ns * (1 - 1e-9)) - 1;
  const auto late = static_cast<std::int64_t>(period_ns * (1 + 1e-9)) + 2;
  if (early > 0) CHECK_FALSE(bucket.Take(start + nanoseconds(early)));
  CHECK(bucket.Take(start + nanoseconds(late)));
}

TEST_CASE("A bucket that takes years to fill gives no token too many, and few too late") {
  // Counted in coarse units.
  TokenBucket bucket({1'000'000'000, 1.0 / 3});
  for (int i = 0; i < 1000; ++i) REQUIRE(bucket.Take(kStart));
  CHECK_FALSE(bucket.IsFull(kStart + 2999s));
  CHECK(bucket.IsFull(kStart + 3000s + 1ms));
}

TEST_CASE("No rounding lets a token come early") {
  SECTION("where the period is no whole number of units") {
    for (const std::int64_t rate : {7, 11, 13, 999'983}) {
      INFO("rate " << rate);
      TokenBucket bucket({2000, static_cast<double>(rate)});
      REQUIRE(TakeMany(bucket, 2001, kStart) == 2000);
      const nanoseconds just_before((1'000'000'000'000 - 1) / rate);
      CHECK(TakeMany(bucket, 2000, kStart + just_before) == 999);
      CHECK(TakeMany(bucket, 2000, kStart + just_before + 100ns) == 1);
    }
  }
  SECTION("where the period has more digits than a double") {
    for (int i = 0; i < 100; ++i) {
      const double rate = 1e-8 * (1 + i / 97.0);
      INFO("rate " << rate);
      TokenBucket bucket({1, rate});
      REQUIRE(bucket.Take(kStart));
      const nanoseconds just_before(static_cast<std::int64_t>(1e9L / rate));
      CHECK_FALSE(bucket.Take(kStart + just_before));
      CHECK(bucket.Take(kStart + just_before + 20ns));
    }
  }
  SECTION("where time is counted in coarse units") {
    const nanoseconds period(std::int64_t{1} << 56);
    TokenBucket bucket({32, 1e9 / 0x1p56});
    REQUIRE(TakeMany(bucket, 100, 1ns) == 32);
    CHECK_FALSE(bucket.Take(period));
    CHECK(bucket.Take(period + 5ns));
  }
}

TEST_CASE("Over any time t at most capacity + rate * t requests are let through") {
  std::mt19937_64 random(20240607);
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random);
  };
  for (int round = 0; round < 200; ++round) {
    const std::int64_t capacity = between(1, 20);
    const double rate = std::uniform_real_distribution<>(0.1, 1e6)(random);
    const auto period = static_cast<std::int64_t>(1e9 / rate);
    INFO("capacity " << capacity << ", rate " << rate);
    TokenBucket bucket({capacity, rate});
    std::vector<nanoseconds> taken;
    nanoseconds now = kStart;
    for (int i = 0; i < 300; ++i) {
      now += nanoseconds(between(0, period));
      if (bucket.Take(now)) taken.push_back(now);
    }
    // Every window from one taken token to another.
    for (std::size_t first = 0; first < taken.size(); ++first) {
      for (std::size_t last = first; last < taken.size(); ++last) {
        const auto count = static_cast<long double>(last - first + 1);
        const long double t = static_cast<long double>((taken[last] - taken[first]).count()) / 1e9L;
        if (count > static_cast<long double>(capacity) + static_cast<long double>(rate) * t) {
          FAIL("too many: " << last - first + 1 << " in " << (taken[last] - taken[first]).count());
        }
      }
    }
  }
}

TEST_CASE("Threads share a bucket exactly") {
  constexpr int kThreads = 4;
  constexpr int kTicks = 20'000;
  TokenBucket bucket({100, 1000});
  std::atomic<std::int64_t> tick{0};
  std::atomic<std::int64_t> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      std::int64_t mine = 0;
      // Each tick is 100 us; some threads see time later than others.
      for (std::int64_t t = tick; t < kTicks; t = tick) {
        mine += TakeMany(bucket, 3, kStart + t * 100us);
        tick.compare_exchange_strong(t, t + 1);
      }
      taken += mine;
    });
  }
  for (std::thread& thread : threads) thread.join();
  taken += TakeMany(bucket, 1000, kStart + (kTicks - 1) * 100us);
  // 100 + 1000 a second * 1.9999 s; the bucket is never full again, as every tick brings a tenth of
  // a token and sees three tries.
  CHECK(taken == 100 + 1999);
}

TEST_CASE("A changed limit keeps the tokens that there are") {
  TokenBucket bucket({10, 1});
  REQUIRE(TakeMany(bucket, 4, kStart) == 4);  // 6 left

  SECTION("when the capacity grows") {
    bucket.Change({20, 1}, kStart);
    CHECK(TakeMany(bucket, 100, kStart) == 6);
  }
  SECTION("when the capacity shrinks to above them") {
    bucket.Change({7, 1}, kStart);
    CHECK(TakeMany(bucket, 100, kStart) == 6);
  }
  SECTION("clamped, when the capacity shrinks below them") {
    bucket.Change({2, 1}, kStart);
    CHECK(bucket.IsFull(kStart));
    CHECK(TakeMany(bucket, 100, kStart) == 2);
  }
  SECTION("when the rate changes, which holds from then on") {
    bucket.Change({10, 4}, kStart + 1s);
    CHECK(TakeMany(bucket, 100, kStart + 1s) == 7);
    CHECK(TakeMany(bucket, 100, kStart + 2s) == 4);
  }
  SECTION("fractions too") {
    bucket.Change({1000, 0.001}, kStart + 500ms);  // 6.5
    CHECK(TakeMany(bucket, 100, kStart + 500ms) == 6);
    CHECK_FALSE(bucket.Take(kStart + 500s));
    CHECK(bucket.Take(kStart + 501s));
  }
  SECTION("to the coarse units of a limit that takes years to fill, and back") {
    bucket.Change({1'000'000'000, 1e-6}, kStart);
    bucket.Change({10, 1}, kStart);
    CHECK(TakeMany(bucket, 100, kStart) == 6);
  }
  SECTION("when nothing changes") {
    bucket.Change({10, 1}, kStart);
    CHECK(TakeMany(bucket, 100, kStart) == 6);
  }
  SECTION("when the clock goes back, not one more") {
    bucket.Change({10, 1e9}, kStart - 100s);
    CHECK(TakeMany(bucket, 100, kStart - 100s) == 0);
  }
}

TEST_CASE("A full bucket with a larger capacity is full no more") {
  TokenBucket bucket({10, 1});
  bucket.Change({15, 1}, kStart);
  CHECK(TakeMany(bucket, 100, kStart) == 10);
}

TEST_CASE("An empty bucket stays empty through a change") {
  TokenBucket bucket({10, 3});
  TakeMany(bucket, 10, kStart);
  bucket.Change({1'000'000'000, 1e-6}, kStart);
  CHECK_FALSE(bucket.Take(kStart));
  bucket.Change({1, 1e9}, kStart);
  CHECK_FALSE(bucket.Take(kStart));
  CHECK(bucket.Take(kStart + 1ns));
}
