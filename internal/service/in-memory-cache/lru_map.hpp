#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "internal/service/in-memory-cache/hashed_key.hpp"

namespace balancer::service {

// A map from strings to values that never holds more than `max_entries`: the entry that has not
// been used for longest makes room for a new one, or one near it that can be dropped without loss.
//
// One allocation an entry (and one more for a key over 15 bytes), none on a hit. Values do not move
// while they are in the map. Not thread-safe.
template <typename Value>
class LruMap {
 public:
  // REQUIRES: max_entries > 0.
  explicit LruMap(std::size_t max_entries) : max_entries_(max_entries) {}
  LruMap(const LruMap&) = delete;
  LruMap& operator=(const LruMap&) = delete;

  // The value, which becomes the most recently used; nullptr: there is none. Valid until the next
  // Insert.
  Value* Find(const HashedKey& key) {
    const auto found = map_.find(key);
    if (found == map_.end()) return nullptr;
    Item* item = &*found;
    if (item != hottest_) {
      Unlink(item);
      LinkHottest(item);
    }
    return &item->second.value;
  }

  // Adds a value-initialised entry as the most recently used. In a full map an entry makes room for
  // it: the coldest of the kScan coldest for which `droppable(const Value&)` holds, else the
  // coldest. REQUIRES: the key is not in the map.
  template <typename Droppable>
  Value& Insert(const HashedKey& key, Droppable droppable) {
    if (map_.size() == max_entries_) {
      Drop(Victim(droppable));
      ++evictions_;
    }
    Item* item = &*map_.try_emplace(std::string(key.text)).first;
    LinkHottest(item);
    return item->second.value;
  }

  std::size_t size() const { return map_.size(); }
  // Entries that have made room for others.
  std::uint64_t evictions() const { return evictions_; }

  // How many of the coldest entries are looked at for one that is droppable.
  static constexpr std::size_t kScan = 32;

 private:
  struct Slot;
  using Item = std::pair<const std::string, Slot>;
  struct Slot {
    Item* hotter = nullptr;
    Item* colder = nullptr;
    Value value{};
  };

  template <typename Droppable>
  Item* Victim(Droppable& droppable) const {
    Item* item = coldest_;
    for (std::size_t i = 0; i < kScan && item != nullptr; ++i, item = item->second.hotter) {
      if (droppable(std::as_const(item->second.value))) return item;
    }
    return coldest_;
  }

  void Drop(Item* item) {
    Unlink(item);
    map_.erase(map_.find(item->first));
  }

  void Unlink(Item* item) {
    Slot& slot = item->second;
    (slot.hotter != nullptr ? slot.hotter->second.colder : hottest_) = slot.colder;
    (slot.colder != nullptr ? slot.colder->second.hotter : coldest_) = slot.hotter;
  }

  void LinkHottest(Item* item) {
    item->second.hotter = nullptr;
    item->second.colder = hottest_;
    (hottest_ != nullptr ? hottest_->second.hotter : coldest_) = item;
    hottest_ = item;
  }

  const std::size_t max_entries_;
  std::unordered_map<std::string, Slot, KeyHash, KeyEqual> map_;
  Item* hottest_ = nullptr;
  Item* coldest_ = nullptr;
  std::uint64_t evictions_ = 0;
};

}  // namespace balancer::service
