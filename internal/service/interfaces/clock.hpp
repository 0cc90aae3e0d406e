#pragma once

#include <chrono>

namespace balancer::service {

// Monotonic time. Services take it as an argument, so that tests move it by hand.
using TimePoint = std::chrono::steady_clock::time_point;

}  // namespace balancer::service
