#pragma once

#include <cstdint>

namespace balancer::e2e {

// A loopback port that nobody listens on, never the same twice in this process. Below the range
// that the kernel takes ports for outgoing connections from, so that no client takes it meanwhile.
std::uint16_t FreePort();

}  // namespace balancer::e2e
