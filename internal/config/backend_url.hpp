#pragma once

#include <string_view>

#include "internal/model/backend.hpp"
#include "internal/model/error.hpp"

namespace balancer::config {

// A DNS name or what containers use as one: labels of letters, digits, '-' and '_', parted by dots.
// A name whose last label is a number is an address or a mistake, and so no name.
bool IsHostName(std::string_view text);

// Takes `http://host[:port][/path]` (RFC 3986) apart: fills in url, host (in lower case, an address
// in its usual form), port, authority and base_path, and leaves the rest alone.
// Fails with config_invalid; the detail is to be read after the key ("must begin with http://").
model::Result<model::BackendSettings> ParseBackendUrl(std::string_view text);

}  // namespace balancer::config
