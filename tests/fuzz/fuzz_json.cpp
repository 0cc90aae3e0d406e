// Any method, path, query and body to the limits API: one answer each, of a status that it knows.
// An input is "METHOD /limits/path?query", a line feed, and the body.

#include <algorithm>
#include <array>
#include <optional>
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

// Limits that were answered can be sent back.
void CheckAnswer(const api::ApiResponse& answer) {
  constexpr std::array kKnown{200, 201, 204, 400, 404, 405, 409};
  FUZZ_CHECK(std::ranges::find(kKnown, answer.status) != kKnown.end());
  FUZZ_CHECK(answer.body.empty() == (answer.status == 201 || answer.status == 204));
  FUZZ_CHECK(answer.allow.empty() == (answer.status != 405));
  FUZZ_CHECK(answer.body.find('\n') == std::string::npos);
  if (answer.status != 200) return;
  const auto limit = api::ParseClientLimit(answer.body);
  FUZZ_CHECK(limit && api::ToJson(*limit) == answer.body);
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
  int answers = 0;
  api.handler.Handle({method, path, query, rest}, [&](const api::ApiResponse& answer) {
    ++answers;
    CheckAnswer(answer);
  });
  api.storage.AnswerAll();
  FUZZ_CHECK(answers == 1);
  return 0;
}
