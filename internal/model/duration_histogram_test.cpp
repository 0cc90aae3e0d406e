#include "internal/model/duration_histogram.hpp"

#include <catch2/catch.hpp>

namespace balancer::model {
namespace {

using namespace std::chrono_literals;

// The bucket that a single duration falls into.
std::size_t BucketOf(std::chrono::nanoseconds duration) {
  DurationHistogram histogram;
  histogram.Add(duration);
  DurationCounts counts;
  histogram.AddTo(counts);
  std::size_t bucket = 0;
  while (counts.buckets[bucket] == 0) ++bucket;
  return bucket;
}

TEST_CASE("A counter counts up") {
  Counter counter;
  CHECK(counter.value() == 0);
  counter.Add();
  counter.Add(41);
  CHECK(counter.value() == 42);
}

TEST_CASE("A bound belongs to the bucket that ends there") {
  CHECK(BucketOf(0ns) == 0);
  for (std::size_t i = 0; i < kDurationBounds.size(); ++i) {
    CHECK(BucketOf(kDurationBounds[i]) == i);
    CHECK(BucketOf(kDurationBounds[i] + 1ns) == i + 1);
  }
  CHECK(BucketOf(48h) == kDurationBounds.size());
}

TEST_CASE("Histograms add up") {
  DurationHistogram one;
  DurationHistogram other;
  one.Add(3ms);
  one.Add(3ms);
  other.Add(4ms);
  other.Add(2min);
  DurationCounts counts;
  one.AddTo(counts);
  other.AddTo(counts);
  CHECK(counts.buckets[3] == 3);  // up to 5 ms
  CHECK(counts.buckets.back() == 1);
  CHECK(counts.sum == 2min + 10ms);
}

}  // namespace
}  // namespace balancer::model
