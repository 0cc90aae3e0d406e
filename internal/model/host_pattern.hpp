#pragma once

#include <string>
#include <string_view>

#include "internal/model/error.hpp"

namespace balancer::model {

// Hosts by name: "s1.origin-cluster" is that one, "*.origin-cluster" every name with one label in
// the place of '*', as in certificates (RFC 6125 §6.4.3). Case does not matter.
class HostPattern {
 public:
  HostPattern() = default;

  // Fails with invalid_argument; the detail is to be read after the pattern's place.
  static Result<HostPattern> Parse(std::string_view text);

  // `host`: a name, without a port.
  bool Matches(std::string_view host) const;

 private:
  bool any_label_ = false;  // what stands first is '*'
  std::string name_;        // in lower case; of a '*' pattern what follows it, with its dot
};

}  // namespace balancer::model
