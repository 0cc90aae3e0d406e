#include "internal/service/redirect-split/query_parameter.hpp"

#include <algorithm>

#include "internal/model/url_text.hpp"

namespace balancer::service {
namespace {

using model::ErrorCode;
using model::Fail;
using model::PercentDecode;

// Where the name ends that `part` ("name=value") begins with, if it is `name`; npos otherwise.
std::size_t EndOfName(std::string_view part, std::string_view name, std::string& scratch) {
  if (part.starts_with(name) && (part.size() == name.size() || part[name.size()] == '=')) {
    return name.size();
  }
  const std::string_view text = part.substr(0, part.find('='));
  if (text.find('%') == std::string_view::npos) return std::string_view::npos;
  return PercentDecode(text, scratch) && scratch == name ? text.size() : std::string_view::npos;
}

}  // namespace

model::Result<std::optional<std::string_view>> FindParameter(std::string_view query,
                                                             std::string_view name,
                                                             std::string& scratch) {
  std::optional<std::string_view> value;
  while (!query.empty()) {
    const std::string_view part = model::NextParameter(query);
    const std::size_t name_end = EndOfName(part, name, scratch);
    if (name_end == std::string_view::npos) continue;
    if (value) {
      return Fail(ErrorCode::invalid_argument,
                  std::string(name) + " is given more than once in the query");
    }
    value = part.substr(std::min(name_end + 1, part.size()));
  }
  if (!value || value->find('%') == std::string_view::npos) return value;
  if (!PercentDecode(*value, scratch)) {
    return Fail(ErrorCode::invalid_argument, std::string(name) + " has a bad % escape");
  }
  return scratch;
}

}  // namespace balancer::service
