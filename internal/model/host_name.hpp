#pragma once

#include <string_view>

namespace balancer::model {

// A DNS name or what containers use as one: labels of letters, digits, '-' and '_', parted by dots.
// A name whose last label is a number is an address or a mistake, and so no name.
bool IsHostName(std::string_view text);

}  // namespace balancer::model
