#pragma once

#include <string>
#include <string_view>

#include "internal/model/error.hpp"

namespace balancer::api {

// Reads a query that is client_id=… and nothing else, percent-decoded (RFC 3986 §2.1; a '+' is a
// plus). CheckClientId holds for what is returned.
//
// Fails with invalid_argument: an escape that is none, an unknown or repeated parameter, no
// client_id or a bad one.
model::Result<std::string> ClientIdFromQuery(std::string_view query);

}  // namespace balancer::api
