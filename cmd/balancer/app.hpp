#pragma once

#include "internal/config/settings.hpp"

namespace balancer {

// Runs the balancer until it is told to stop. Returns the program's exit code: 0 after SIGTERM or
// SIGINT, 1 when it could not start (the log says why). A second signal ends the process at once.
int Run(const config::Settings& settings);

}  // namespace balancer
