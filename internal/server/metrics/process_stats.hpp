#pragma once

#include <cstddef>
#include <optional>

namespace balancer::server::metrics {

// What this process takes of the machine now.
struct ProcessStats {
  double cpu_seconds = 0;  // user and system
  double resident_bytes = 0;
  double virtual_bytes = 0;
  std::optional<std::size_t> open_fds;  // absent: there is none left to count them with
  double max_fds = 0;                   // infinite: no limit
  std::optional<std::size_t> threads;   // likewise
};

// Thread safety: any thread.
ProcessStats ReadProcessStats();

// When it was started, in seconds since 1970; 0: not known.
double ReadProcessStartTime();

}  // namespace balancer::server::metrics
