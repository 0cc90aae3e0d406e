#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/model/error.hpp"

namespace balancer::model {

inline constexpr std::size_t kMaxClientIdBytes = 256;
inline constexpr std::int64_t kMaxCapacity = 1'000'000'000;
inline constexpr double kMaxRatePerSec = 1e9;

// How much a client may do: a token bucket of `capacity` tokens, refilled continuously.
struct Limit {
  std::int64_t capacity = 0;  // tokens; whole, in [1, kMaxCapacity]
  double rate_per_sec = 0;    // tokens a second, in (0, kMaxRatePerSec]

  friend bool operator==(const Limit&, const Limit&) = default;
};

// A row of clients_limits.
struct ClientLimit {
  std::string client_id;
  Limit limit;

  friend bool operator==(const ClientLimit&, const ClientLimit&) = default;
};

// A client_id is 1 to kMaxClientIdBytes bytes of well-formed UTF-8 without control characters
// (C0, DEL, C1). Fails with invalid_argument; the detail names what is wrong, without the field.
Result<void> CheckClientId(std::string_view client_id);

// Fails with invalid_argument when a number is out of range or not finite. The detail begins with
// the name of the field ("capacity …", "rate_per_sec …").
Result<void> CheckLimit(const Limit& limit);

}  // namespace balancer::model
