#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "internal/model/error.hpp"

namespace balancer::service {

// The value of a query's parameter (RFC 3986 §3.4, "a=b&c=d"), percent-decoded once; '+' is a plus.
// nullopt: there is no such parameter. The value is a view into `query`, or into `scratch` where
// something had to be decoded.
//
// Fails with invalid_argument: it is there twice, or has a '%' that is no escape.
model::Result<std::optional<std::string_view>> FindParameter(std::string_view query,
                                                             std::string_view name,
                                                             std::string& scratch);

}  // namespace balancer::service
