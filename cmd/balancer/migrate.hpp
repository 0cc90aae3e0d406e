#pragma once

#include <string>

#include "internal/config/settings.hpp"

namespace balancer {

// `balancer migrate up|down|status`: prints what was done, or what is wrong. Returns the exit code.
int Migrate(const config::Settings& settings, const std::string& action);

}  // namespace balancer
