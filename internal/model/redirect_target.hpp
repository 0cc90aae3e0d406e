#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "internal/model/error.hpp"

namespace balancer::model {

// A CDN host and its part of the redirects.
struct RedirectTarget {
  std::string host;    // "http://localhost:3200"; CheckRedirectHost holds
  double percent = 0;  // a part of 1; CheckPercent holds

  bool operator==(const RedirectTarget&) const = default;
};
using RedirectTargets = std::vector<RedirectTarget>;

constexpr std::size_t kMaxRedirectTargets = 64;

// Shares are counted in whole parts of this, so that nothing is lost to rounding however often
// they are added: 15 digits are all that a double has.
constexpr std::int64_t kWholeShare = 1'000'000'000'000'000;

// A percent in parts of kWholeShare. REQUIRES: CheckPercent.
std::int64_t ShareOf(double percent);

// The details of these failures (invalid_argument) are to be read after the field's name.

// `http://` or `https://`, a host name or an address (RFC 3986 §3.2.2), perhaps a port, perhaps a
// path, which the redirect's own is put behind. No user, no query, no fragment.
Result<void> CheckRedirectHost(std::string_view host);
// A number in [0, 1].
Result<void> CheckPercent(double percent);
// Not too many of them, no host twice, the sum of the percents at most 1.
Result<void> CheckRedirectTargets(const RedirectTargets& targets);

}  // namespace balancer::model
