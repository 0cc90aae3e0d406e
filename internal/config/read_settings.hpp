#pragma once

#include "internal/config/section.hpp"
#include "internal/config/settings.hpp"

namespace balancer::config {

// Reads the whole file's mapping: what each key is called, may be, and is checked against. Where
// `root` has added no problem, the settings hold together.
Settings ReadSettings(Section& root);

}  // namespace balancer::config
