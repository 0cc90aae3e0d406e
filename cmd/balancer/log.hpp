#pragma once

#include "internal/config/settings.hpp"

namespace balancer {

// Sets up the log of the whole program (spdlog's default logger, to stderr), libevent's messages
// included. Call once, before threads are started.
void SetUpLog(const config::LogSettings& settings);

}  // namespace balancer
