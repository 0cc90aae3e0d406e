#pragma once

#include <string_view>

#include "internal/model/backend.hpp"
#include "internal/model/error.hpp"

namespace balancer::config {

// Takes `http://host[:port][/path]` (RFC 3986) apart: fills in url, host (in lower case, an address
// in its usual form), port, authority and base_path, and leaves the rest alone.
// Fails with config_invalid; the detail is to be read after the key ("must begin with http://").
model::Result<model::BackendSettings> ParseBackendUrl(std::string_view text);

}  // namespace balancer::config
