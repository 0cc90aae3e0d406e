#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "internal/model/error.hpp"

namespace balancer::server {

// Listening sockets of one address, one for each worker (SO_REUSEPORT: the kernel spreads the
// clients over them).
struct Listeners {
  std::vector<int> fds;      // owned by whoever accepts from them
  std::uint16_t port = 0;    // the one in use, where 0 was asked for
  int exclusive_claim = -1;  // held for as long as this program runs, where the port is not shared
};

// Opens them. SO_REUSEPORT alone would let a second balancer take a part of this one's clients
// unnoticed, so that sharing is agreed on: unless both say `share_port`, the second one fails.
// Errors: config_invalid, with a detail that names the address.
model::Result<Listeners> OpenListeners(const std::string& host, std::uint16_t port, int count,
                                       bool share_port);

}  // namespace balancer::server
