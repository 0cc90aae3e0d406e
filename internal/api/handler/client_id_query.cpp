#include "internal/api/handler/client_id_query.hpp"

#include <algorithm>
#include <optional>

#include "internal/api/handler/field_rules.hpp"
#include "internal/model/url_text.hpp"

namespace balancer::api {

using model::ErrorCode;
using model::Fail;
using model::PercentDecode;

model::Result<std::string> ClientIdFromQuery(std::string_view query) {
  std::optional<std::string> client_id;
  std::string name;
  while (!query.empty()) {
    const std::string_view part = model::NextParameter(query);
    if (part.empty()) continue;
    const std::size_t name_end = std::min(part.find('='), part.size());
    if (!PercentDecode(part.substr(0, name_end), name)) name.clear();
    if (name != "client_id") {
      return Fail(ErrorCode::invalid_argument,
                  "unknown parameter" + QuotedName(name) + " in the query");
    }
    if (client_id) {
      return Fail(ErrorCode::invalid_argument, "client_id is given more than once in the query");
    }
    if (!PercentDecode(part.substr(std::min(name_end + 1, part.size())), client_id.emplace())) {
      return Fail(ErrorCode::invalid_argument, "client_id has a bad % escape in the query");
    }
  }
  if (!client_id) return Fail(ErrorCode::invalid_argument, "client_id is missing");
  return CheckClientIdField(*client_id).map([&] { return *client_id; });
}

}  // namespace balancer::api
