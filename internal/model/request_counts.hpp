#pragma once

#include <cstdint>
#include <string>

namespace balancer::model {

// What became of one client's requests at its token bucket.
struct ClientCounts {
  std::uint64_t allowed = 0;
  std::uint64_t refused = 0;  // 429

  ClientCounts& operator+=(const ClientCounts& other) {
    allowed += other.allowed;
    refused += other.refused;
    return *this;
  }
  friend bool operator==(const ClientCounts&, const ClientCounts&) = default;
};

struct RequestCount {
  std::uint64_t count = 0;
  std::string since;  // when counting began (RFC 3339)
};

}  // namespace balancer::model
