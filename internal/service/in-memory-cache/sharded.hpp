#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <memory>
#include <vector>

#include "internal/service/in-memory-cache/hashed_key.hpp"

namespace balancer::service {

// A bounded number of entries spread over shards by the keys' hashes, so that threads seldom meet
// at one lock. A Shard brings its own lock and is made with its share of the bound; the shares add
// up to it exactly. A small bound has a single shard, which can use all of it.
//
// Thread safety: the set of shards never changes; the rest is the shards' business.
template <typename Shard>
class Sharded {
 public:
  // REQUIRES: max_entries > 0.
  explicit Sharded(std::size_t max_entries) {
    const std::size_t count =
        std::clamp<std::size_t>(std::bit_floor(max_entries / kMinShare), 1, kMaxShards);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t share = max_entries / count + (i < max_entries % count ? 1 : 0);
      shards_.push_back(std::make_unique<Shard>(share));
    }
  }

  Shard& Of(const HashedKey& key) { return *shards_[(key.hash >> kHashShift) % shards_.size()]; }

  const std::vector<std::unique_ptr<Shard>>& shards() const { return shards_; }

 private:
  static constexpr std::size_t kMinShare = 1024;
  static constexpr std::size_t kMaxShards = 64;
  // The shard is chosen by other bits than the place within it.
  static constexpr int kHashShift = 48;

  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace balancer::service
