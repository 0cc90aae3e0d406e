#pragma once

#include <string>
#include <string_view>

#include "internal/config/load.hpp"
#include "internal/config/parse.hpp"

namespace balancer::config {

struct Expanded {
  std::string text;
  std::string variable;  // the last one whose value is part of `text`; "" = none
};

// Replaces `${NAME}` and `${NAME:-default}` (for an unset or empty NAME, as in shells). `$${` gives
// `${`; any other `$` stays. What is put in is not looked at again.
Parsed<Expanded> Expand(std::string_view text, const Environment& environment);

}  // namespace balancer::config
