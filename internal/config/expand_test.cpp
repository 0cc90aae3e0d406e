#include "internal/config/expand.hpp"

#include <map>

#include <catch2/catch.hpp>

namespace balancer::config {
namespace {

std::optional<std::string> Lookup(const std::string& name) {
  static const std::map<std::string, std::string> kVariables{
      {"HOST", "db"}, {"EMPTY", ""}, {"NESTED", "${HOST} $${HOST}"}};
  const auto found = kVariables.find(name);
  return found == kVariables.end() ? std::nullopt : std::optional<std::string>(found->second);
}

TEST_CASE("Variables are replaced by their values") {
  struct Row {
    std::string text, expanded, variable;
  };
  const auto [text, expanded, variable] = GENERATE(values<Row>({
      {"", "", ""},
      {"plain", "plain", ""},
      {"${HOST}", "db", "HOST"},
      {"a${HOST}b${HOST}c", "adbbdbc", "HOST"},
      {"${HOST:-x}", "db", "HOST"},
      {"${GONE:-x}", "x", ""},
      {"${GONE:-}", "", ""},
      {"${EMPTY:-x}", "x", ""},
      {"${EMPTY}", "", "EMPTY"},
      {"${GONE:-a:-b $c}", "a:-b $c", ""},
      {"${NESTED}", "${HOST} $${HOST}", "NESTED"},
      {"$${HOST}", "${HOST}", ""},
      {"a$${b", "a${b", ""},
      {"$", "$", ""},
      {"$$", "$$", ""},
      {"pa$$word$1", "pa$$word$1", ""},
      {"$HOST", "$HOST", ""},
      {"{HOST}", "{HOST}", ""},
  }));
  CAPTURE(text);
  const auto result = Expand(text, Lookup);
  REQUIRE(result);
  CHECK(result->text == expanded);
  CHECK(result->variable == variable);
}

TEST_CASE("What cannot be replaced is an error that says why") {
  struct Row {
    std::string text, reason;
  };
  const auto [text, reason] = GENERATE(values<Row>({
      {"${GONE}", "needs the environment variable GONE, which is not set"},
      {"${HOST", "holds a ${ without its }"},
      {"${", "holds a ${ without its }"},
      {"${}", "must hold ${NAME} or ${NAME:-default}"},
      {"${1A}", "must hold ${NAME} or ${NAME:-default}"},
      {"${A-b}", "must hold ${NAME} or ${NAME:-default}"},
      {"${A:?b}", "must hold ${NAME} or ${NAME:-default}"},
      {"${A:-${B}}", "must not hold another ${ in the default of ${A}"},
  }));
  CAPTURE(text);
  const auto result = Expand(text, Lookup);
  REQUIRE_FALSE(result);
  CHECK(result.error().starts_with(reason));
}

}  // namespace
}  // namespace balancer::config
