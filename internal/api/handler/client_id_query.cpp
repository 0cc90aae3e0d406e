#include "internal/api/handler/client_id_query.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "internal/api/handler/field_rules.hpp"

namespace balancer::api {
namespace {

using model::ErrorCode;
using model::Fail;

// nullopt: a '%' that two hexadecimal digits do not follow.
std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned char byte = 0;
    const char* const digits_end = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), digits_end, byte, 16);
    if (digits.size() < 2 || error != std::errc() || end != digits_end) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

// Takes the next of "a&b&c" off `rest`.
std::string_view NextPart(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('&'));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

}  // namespace

model::Result<std::string> ClientIdFromQuery(std::string_view query) {
  std::optional<std::string> client_id;
  while (!query.empty()) {
    const std::string_view part = NextPart(query);
    if (part.empty()) continue;
    const std::size_t name_end = std::min(part.find('='), part.size());
    const auto name = PercentDecode(part.substr(0, name_end));
    if (name != "client_id") {
      return Fail(ErrorCode::invalid_argument,
                  "unknown parameter" + QuotedName(name.value_or("")) + " in the query");
    }
    if (client_id) {
      return Fail(ErrorCode::invalid_argument, "client_id is given more than once in the query");
    }
    client_id = PercentDecode(part.substr(std::min(name_end + 1, part.size())));
    if (!client_id) {
      return Fail(ErrorCode::invalid_argument, "client_id has a bad % escape in the query");
    }
  }
  if (!client_id) return Fail(ErrorCode::invalid_argument, "client_id is missing");
  return CheckClientIdField(*client_id).map([&] { return *client_id; });
}

}  // namespace balancer::api
