#include "internal/model/redirect_target.hpp"

#include <algorithm>
#include <cmath>

#include "internal/model/cidr.hpp"
#include "internal/model/host_name.hpp"
#include "internal/model/url_text.hpp"

namespace balancer::model {
namespace {

auto Bad(std::string detail) {
  return Fail(ErrorCode::invalid_argument, std::move(detail));
}

// RFC 3986 §3.3, without percent escapes.
bool IsPlainPath(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
  });
}

bool IsUrlHost(std::string_view host) {
  if (!host.starts_with('[')) {
    return IsHostName(host) ||
           (host.find(':') == std::string_view::npos && IpAddress::Parse(host).has_value());
  }
  return host.size() > 2 && host.ends_with(']') && host.find(':') != std::string_view::npos &&
         IpAddress::Parse(host.substr(1, host.size() - 2)).has_value();
}

}  // namespace

std::int64_t ShareOf(double percent) {
  return std::llround(percent * static_cast<double>(kWholeShare));
}

Result<void> CheckRedirectHost(std::string_view host) {
  std::string_view rest = host;
  if (!SkipHttpScheme(rest)) {
    return Bad("must begin with http:// or https://, such as http://localhost:3200");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  const std::size_t colon = authority.find(':', std::min(bracket, authority.size()));
  if (!IsUrlHost(authority.substr(0, colon))) {
    return Bad("must have a host name or an address behind its scheme");
  }
  if (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1))) {
    return Bad("must have a port from 1 to 65535 after ':', or none");
  }
  if (!IsPlainPath(rest.substr(slash))) {
    return Bad("must have no query, no fragment, and only plain characters in its path");
  }
  return {};
}

Result<void> CheckPercent(double percent) {
  if (percent >= 0 && percent <= 1) return {};
  return Bad("must be a number from 0 to 1");
}

Result<void> CheckRedirectTargets(const RedirectTargets& targets) {
  if (targets.size() > kMaxRedirectTargets) {
    return Bad("must name at most " + std::to_string(kMaxRedirectTargets) + " hosts");
  }
  std::int64_t sum = 0;
  for (auto target = targets.begin(); target != targets.end(); ++target) {
    if (std::any_of(targets.begin(), target,
                    [&](const auto& other) { return other.host == target->host; })) {
      return Bad("must not name a host twice (" + target->host + ")");
    }
    sum += ShareOf(target->percent);
  }
  if (sum > kWholeShare) return Bad("must have percents whose sum is at most 1");
  return {};
}

}  // namespace balancer::model
