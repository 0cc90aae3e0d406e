#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "internal/service/in-memory-cache/sip_hash.hpp"

namespace balancer::service {

// A key with its hash, so that one computation serves the choice of a shard and the look-up in it.
// A view: it lives as long as the text.
struct HashedKey {
  explicit HashedKey(std::string_view key) : text(key), hash(SipHash13(key, ProcessSipKey())) {}

  std::string_view text;
  std::size_t hash;
};

// Hash and equality of an unordered container of strings that is asked with a HashedKey.
//
// The hash is not noexcept on purpose: so libstdc++ keeps each entry's hash and need not compute it
// again for the neighbours in a chain.
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(const HashedKey& key) const { return key.hash; }
  std::size_t operator()(const std::string& key) const { return HashedKey(key).hash; }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(const HashedKey& a, const std::string& b) const { return a.text == b; }
  bool operator()(const std::string& a, const HashedKey& b) const { return a == b.text; }
  bool operator()(const std::string& a, const std::string& b) const { return a == b; }
};

}  // namespace balancer::service
