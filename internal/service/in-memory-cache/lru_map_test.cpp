#include "internal/service/in-memory-cache/lru_map.hpp"

#include <string>

#include <catch2/catch.hpp>

using balancer::service::HashedKey;
using balancer::service::LruMap;

namespace {

// A map to ints, of which the even ones can be dropped without loss.
class Cache {
 public:
  explicit Cache(std::size_t max_entries) : map_(max_entries) {}

  void Put(const std::string& key, int value) {
    map_.Insert(HashedKey(key), [](int v) { return v % 2 == 0; }) = value;
  }
  int Get(const std::string& key) {
    const int* value = map_.Find(HashedKey(key));
    return value != nullptr ? *value : -1;
  }
  std::size_t size() const { return map_.size(); }
  std::uint64_t evictions() const { return map_.evictions(); }

 private:
  LruMap<int> map_;
};

}  // namespace

TEST_CASE("LruMap finds what was put, and nothing else") {
  Cache cache(3);
  CHECK(cache.Get("a") == -1);
  cache.Put("a", 1);
  cache.Put(std::string(200, 'x'), 3);
  CHECK(cache.Get("a") == 1);
  CHECK(cache.Get(std::string(200, 'x')) == 3);
  CHECK(cache.Get(std::string(199, 'x')) == -1);
  CHECK(cache.Get("") == -1);
  CHECK(cache.size() == 2);
}

TEST_CASE("LruMap keeps its bound by dropping the coldest") {
  Cache cache(3);
  cache.Put("a", 1);
  cache.Put("b", 3);
  cache.Put("c", 5);
  CHECK(cache.Get("a") == 1);
  cache.Put("d", 7);
  CHECK(cache.size() == 3);
  CHECK(cache.Get("b") == -1);
  CHECK(cache.Get("c") == 5);
  CHECK(cache.Get("a") == 1);
  CHECK(cache.Get("d") == 7);
  CHECK(cache.evictions() == 1);
  cache.Put("e", 9);
  CHECK(cache.Get("c") == -1);
  CHECK(cache.evictions() == 2);
}

TEST_CASE("LruMap drops a droppable entry before colder ones") {
  Cache cache(3);
  cache.Put("cold", 1);
  cache.Put("droppable", 2);
  cache.Put("hot", 3);
  cache.Put("new", 5);
  CHECK(cache.Get("droppable") == -1);
  CHECK(cache.Get("cold") == 1);
  CHECK(cache.Get("hot") == 3);
}

TEST_CASE("LruMap looks for a droppable entry among the coldest only") {
  constexpr int kScan = LruMap<int>::kScan;
  Cache cache(kScan + 1);
  for (int i = 0; i < kScan; ++i) cache.Put(std::to_string(i), 1);
  cache.Put("out of reach", 2);
  cache.Put("new", 1);
  CHECK(cache.Get("out of reach") == 2);
  CHECK(cache.Get("0") == -1);
}

TEST_CASE("LruMap of one entry holds the newest") {
  Cache cache(1);
  for (int i = 0; i < 10; ++i) {
    cache.Put(std::to_string(i), i);
    CHECK(cache.size() == 1);
    CHECK(cache.Get(std::to_string(i)) == i);
  }
  CHECK(cache.Get("8") == -1);
}

TEST_CASE("LruMap stays right through many insertions") {
  Cache cache(100);
  for (int i = 0; i < 10'000; ++i) cache.Put(std::to_string(i), 1);
  CHECK(cache.size() == 100);
  for (int i = 9'900; i < 10'000; ++i) CHECK(cache.Get(std::to_string(i)) == 1);
  CHECK(cache.Get("9899") == -1);
}
