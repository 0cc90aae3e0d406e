#include "internal/model/host_pattern.hpp"

#include <algorithm>

#include "internal/model/host_name.hpp"
#include "internal/model/url_text.hpp"

namespace balancer::model {

Result<HostPattern> HostPattern::Parse(std::string_view text) {
  HostPattern pattern;
  std::string_view name = text;
  pattern.any_label_ = text.starts_with("*.");
  if (pattern.any_label_) name.remove_prefix(2);
  if (!IsHostName(name) || name.ends_with('.')) {
    return Fail(ErrorCode::invalid_argument,
                "must be a host name, whose first label may be '*', such as *.origin-cluster");
  }
  if (pattern.any_label_) name = text.substr(1);
  pattern.name_ = name;
  std::ranges::transform(pattern.name_, pattern.name_.begin(), ToLower);
  return pattern;
}

bool HostPattern::Matches(std::string_view host) const {
  if (any_label_) {
    if (host.size() <= name_.size()) return false;
    const std::size_t label = host.size() - name_.size();
    if (std::any_of(host.begin(), host.begin() + label, [](char c) { return c == '.'; })) {
      return false;
    }
    host.remove_prefix(label);
  }
  if (host == name_) return true;  // as it usually is
  return std::ranges::equal(host, name_, [](char a, char b) { return ToLower(a) == b; });
}

}  // namespace balancer::model
