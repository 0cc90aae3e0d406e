#pragma once

#include <cstdint>
#include <string_view>

namespace balancer::service {

// A secret that makes hashes unpredictable to those who choose the keys.
struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

// SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"). Keys that clients
// choose, such as X-API-Key, would let them pile all their entries into one chain of a table whose
// hash they can compute; without the secret they cannot.
std::uint64_t SipHash13(std::string_view bytes, const SipKey& key);

// The secret of this process, drawn at its first use.
const SipKey& ProcessSipKey();

}  // namespace balancer::service
