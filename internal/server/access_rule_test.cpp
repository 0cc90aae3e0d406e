#include "internal/server/access_rule.hpp"

#include <catch2/catch.hpp>

namespace balancer::server {
namespace {

using model::ErrorCode;

config::AdminSettings Settings(std::string token) {
  config::AdminSettings settings;
  settings.token = std::move(token);
  settings.allow = {model::Cidr::Parse("127.0.0.0/8").value()};
  return settings;
}

// What comes of a request with one field: nothing, or an error's code.
std::optional<ErrorCode> Ask(const config::AdminSettings& settings, std::string_view peer,
                             std::vector<std::pair<std::string_view, std::string_view>> fields) {
  http::RequestHead head;
  for (const auto& [name, value] : fields) {
    head.fields.push_back({name, value, http::IdentifyField(name)});
  }
  const auto checked =
      AccessRule(settings).Check(head, {model::IpAddress::Parse(peer).value(), "", 1});
  if (checked) return std::nullopt;
  return checked.error().code;
}

TEST_CASE("With a token, whoever shows it may") {
  const auto settings = Settings("s3cret");
  CHECK(Ask(settings, "8.8.8.8", {{"Authorization", "Bearer s3cret"}}) == std::nullopt);
  CHECK(Ask(settings, "8.8.8.8", {{"authorization", "bearer  s3cret"}}) == std::nullopt);
  for (const char* wrong : {"Bearer s3creT", "Bearer s3cre", "Bearer s3crets", "Bearer", "Bearer ",
                            "s3cret", "Basic s3cret", "", "Bearer s3crets3cret"}) {
    CAPTURE(wrong);
    CHECK(Ask(settings, "127.0.0.1", {{"Authorization", wrong}}) == ErrorCode::unauthorized);
  }
  CHECK(Ask(settings, "127.0.0.1", {}) == ErrorCode::unauthorized);
  CHECK(Ask(settings, "127.0.0.1",
            {{"Authorization", "Bearer s3cret"}, {"Authorization", "Bearer s3cret"}}) ==
        ErrorCode::unauthorized);
}

TEST_CASE("Without a token, allowed peers may, but not through proxies") {
  const auto settings = Settings("");
  CHECK(Ask(settings, "127.0.0.1", {}) == std::nullopt);
  CHECK(Ask(settings, "10.0.0.1", {}) == ErrorCode::forbidden);
  CHECK(Ask(settings, "127.0.0.1", {{"X-Forwarded-For", "127.0.0.1"}}) == ErrorCode::forbidden);
  CHECK(Ask(settings, "127.0.0.1", {{"Forwarded", ""}}) == ErrorCode::forbidden);
}

}  // namespace
}  // namespace balancer::server
