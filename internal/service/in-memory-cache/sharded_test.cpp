#include "internal/service/in-memory-cache/sharded.hpp"

#include <string>

#include <catch2/catch.hpp>

using balancer::service::HashedKey;
using balancer::service::Sharded;

namespace {

struct Share {
  explicit Share(std::size_t entries) : max_entries(entries) {}
  std::size_t max_entries;
  std::size_t keys = 0;
};

}  // namespace

TEST_CASE("The shards' shares add up to the bound exactly") {
  for (const std::size_t bound : {1, 2, 99, 100, 1023, 2047, 2048, 4097, 100'003, 1'000'000}) {
    std::size_t sum = 0;
    const Sharded<Share> sharded(bound);
    for (const auto& shard : sharded.shards()) {
      CHECK(shard->max_entries > 0);
      sum += shard->max_entries;
    }
    CHECK(sum == bound);
  }
}

TEST_CASE("A small bound has one shard, a large one 64") {
  CHECK(Sharded<Share>(1).shards().size() == 1);
  CHECK(Sharded<Share>(2047).shards().size() == 1);
  CHECK(Sharded<Share>(2048).shards().size() == 2);
  CHECK(Sharded<Share>(1'000'000).shards().size() == 64);
}

TEST_CASE("Keys spread evenly over the shards, each always to the same one") {
  Sharded<Share> sharded(1'000'000);
  for (int i = 0; i < 64'000; ++i) ++sharded.Of(HashedKey(std::to_string(i))).keys;
  for (const auto& shard : sharded.shards()) {
    // Binomial: 1000 expected, standard deviation 31.
    CHECK(shard->keys > 750);
    CHECK(shard->keys < 1250);
  }
  CHECK(&sharded.Of(HashedKey("a")) == &sharded.Of(HashedKey("a")));
}
