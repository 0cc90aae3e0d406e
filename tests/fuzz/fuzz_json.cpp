// Any method, path, query and body to the limits API: one answer each, of a status that it knows,
// and what it says was done has been done. An input is "METHOD /limits/path?query", a line feed,
// and the body.

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "internal/api/handler/limits_handler.hpp"
#include "internal/api/handler/limits_json.hpp"
#include "internal/service/interfaces/fake_limits_storage.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace balancer;

// Takes what comes before the first `separator` off `text`, and the separator.
std::string_view Take(std::string_view& text, char separator) {
  const std::string_view taken = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

struct Api {
  service::FakeLimitsStorage storage;
  service::TokenManager tokens{{.default_limits = std::nullopt, .max_clients = 16}, storage};
  service::LimitsManager manager{storage, tokens};
  api::LimitsHandler handler{manager};
};

// The API's answer to a request.
api::ApiResponse Ask(Api& api, std::string_view method, std::string_view path,
                     std::string_view query, std::string_view body) {
  std::optional<api::ApiResponse> answered;
  api.handler.Handle({method, path, query, body}, [&](const api::ApiResponse& answer) {
    FUZZ_CHECK(!answered);
    answered = answer;
  });
  api.storage.AnswerAll();
  FUZZ_CHECK(answered.has_value());
  return *answered;
}

api::ApiResponse AskForLimit(Api& api, std::string_view client_id) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string query = "client_id=";
  for (const unsigned char byte : client_id) {
    query.append("%").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return Ask(api, "GET", "/limits/get", query, "");
}

void CheckForm(const api::ApiResponse& answer) {
  constexpr std::array kKnown{200, 201, 204, 400, 404, 405, 409};
  FUZZ_CHECK(std::ranges::find(kKnown, answer.status) != kKnown.end());
  FUZZ_CHECK(answer.body.empty() == (answer.status == 201 || answer.status == 204));
  FUZZ_CHECK(answer.allow.empty() == (answer.status != 405));
  FUZZ_CHECK(answer.body.find('\n') == std::string::npos);
}

// Limits that were answered can be sent back.
void CheckLimitAnswer(const api::ApiResponse& answer) {
  const auto limit = api::ParseClientLimit(answer.body);
  FUZZ_CHECK(limit && api::ToJson(*limit) == answer.body);
}

// Limits that were taken are answered.
void CheckStored(Api& api, std::string_view body) {
  const auto limit = api::ParseClientLimit(body);
  FUZZ_CHECK(limit && model::CheckClientId(limit->client_id) && model::CheckLimit(limit->limit));
  const api::ApiResponse answer = AskForLimit(api, limit->client_id);
  FUZZ_CHECK(answer.status == 200 && answer.body == api::ToJson(*limit));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = AsText(data, size);
  const std::string_view method = Take(rest, ' ');
  std::string_view query = Take(rest, '\n');
  const std::string_view path = Take(query, '?');
  if (!path.starts_with("/limits/")) return 0;

  Api api;
  api.storage.Put("ada", {10, 0.2});
  const api::ApiResponse answer = Ask(api, method, path, query, rest);
  CheckForm(answer);
  if (answer.status == 200) CheckLimitAnswer(answer);
  if (answer.status == 201) CheckStored(api, rest);
  if (answer.status == 204 && method == "PUT") CheckStored(api, rest);
  const bool deleted = answer.status == 204 && method == "DELETE";
  FUZZ_CHECK((AskForLimit(api, "ada").status == 404) == deleted);
  return 0;
}
