#include "internal/model/host_name.hpp"

#include <algorithm>

namespace balancer::model {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLabelChar(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

}  // namespace

bool IsHostName(std::string_view text) {
  constexpr std::size_t kMaxName = 253;
  constexpr std::size_t kMaxLabel = 63;
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxName) return false;
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || label.size() > kMaxLabel) return false;
    if (!std::ranges::all_of(label, IsLabelChar)) return false;
    if (dot == std::string_view::npos) return !std::ranges::all_of(label, IsDigit);
    text.remove_prefix(dot + 1);
  }
}

}  // namespace balancer::model
