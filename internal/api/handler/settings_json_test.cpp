#include "internal/api/handler/settings_json.hpp"

#include <catch2/catch.hpp>

using namespace balancer;
using api::ParseRedirectTargets;
using api::ParseSetting;
using api::ToJson;
using model::RedirectTargets;

namespace {

std::string Mistake(const std::string& json) {
  const auto edit = ParseSetting(json);
  return edit ? "none" : edit.error().detail;
}

}  // namespace

TEST_CASE("a setting is read and written") {
  const auto edit = ParseSetting(
      R"( {"value":[{"percent":0.3,"host":"http:\/\/localhost:3200"},{"host":"https://b","percent":2e-1}],)"
      R"("tag":"VIDEO:CDN"} )");
  REQUIRE(edit);
  CHECK(edit->tag == "VIDEO:CDN");
  CHECK(edit->targets == RedirectTargets{{"http://localhost:3200", 0.3}, {"https://b", 0.2}});
  CHECK(ToJson(*edit) ==
        R"({"tag":"VIDEO:CDN","value":[{"host":"http://localhost:3200","percent":0.3},)"
        R"({"host":"https://b","percent":0.2}]})");
  CHECK(ToJson(api::Setting{"a\"b", {}}) == R"({"tag":"a\"b","value":[]})");
  CHECK(ParseSetting(R"({"tag":"","value":[]})"));
}

TEST_CASE("numbers come back as they went") {
  for (const double percent : {0.0, 1.0, 0.1, 1.0 / 3, 1e-9, 0.30000000000000004, 5e-324}) {
    const RedirectTargets targets{{"http://a", percent}};
    CHECK(ParseRedirectTargets(ToJson(targets)).value() == targets);
  }
  CHECK(ParseRedirectTargets(R"([{"host":"http://a","percent":-0.0}])").value()[0].percent == 0);
  CHECK(ToJson(*ParseRedirectTargets(R"([{"host":"http://a","percent":-0}])")) ==
        R"([{"host":"http://a","percent":0}])");
}

TEST_CASE("a mistake is told with its field") {
  struct Row {
    std::string json, mistake;
  };
  const auto [json, mistake] = GENERATE(values<Row>({
      {"", "malformed JSON at byte 0"},
      {"{", "malformed JSON at byte 1"},
      {R"({"tag":"a","value":[]} x)", "malformed JSON at byte 23"},
      {R"({"tag":"a","value":[],})", "malformed JSON at byte 22"},
      {"[]", "the body must be a JSON object"},
      {"1", "the body must be a JSON object"},
      {"null", "the body must be a JSON object"},
      {"{}", "tag is missing"},
      {R"({"tag":"a"})", "value is missing"},
      {R"({"value":[]})", "tag is missing"},
      {R"({"tag":1})", "tag must be a string"},
      {R"({"tag":null})", "tag must be a string"},
      {R"({"tag":{}})", "tag must be a string"},
      {R"({"tag":"a","tag":"a"})", "tag is given more than once"},
      {R"({"a":1})", "unknown field \"a\""},
      {R"({"value":{}})", "value must be a list"},
      {R"({"value":"x"})", "value must be a list"},
      {R"({"value":1e400})", "value must be a list"},
      {R"({"value":[1]})", "value[0] must be an object"},
      {R"({"value":[[]]})", "value[0] must be an object"},
      {R"({"value":[null]})", "value[0] must be an object"},
      {R"({"value":[{}]})", "value[0].host is missing"},
      {R"({"value":[{"host":"http://a"}]})", "value[0].percent is missing"},
      {R"({"value":[{"percent":0}]})", "value[0].host is missing"},
      {R"({"value":[{"host":"http://a","percent":0},{"x":1}]})",
       "value[1] has an unknown field \"x\""},
      {R"({"value":[{"host":"http://a","host":"http://a"}]})",
       "value[0].host is given more than once"},
      {R"({"value":[{"host":1}]})", "value[0].host must be a string"},
      {R"({"value":[{"host":[]}]})", "value[0].host must be a string"},
      {R"({"value":[{"percent":"0.3"}]})", "value[0].percent must be a number from 0 to 1"},
      {R"({"value":[{"percent":1.01}]})", "value[0].percent must be a number from 0 to 1"},
      {R"({"value":[{"percent":-0.01}]})", "value[0].percent must be a number from 0 to 1"},
      {R"({"value":[{"percent":1e999}]})", "value[0].percent must be a number from 0 to 1"},
      {R"({"value":[{"percent":true}]})", "value[0].percent must be a number from 0 to 1"},
      {R"({"value":[{"percent":NaN}]})", "malformed JSON at byte 21"},
      {R"({"value":[{"host":"cdn"}]})",
       "value[0].host must begin with http:// or https://, such as http://localhost:3200"},
      {R"({"value":[{"host":"http://a\r\nX: y"}]})",
       "value[0].host must have a host name or an address behind its scheme"},
      {R"({"tag":"a","value":[{"host":"http://a","percent":0.6},{"host":"http://b","percent":0.5}]})",
       "value must have percents whose sum is at most 1"},
      {R"({"tag":"a","value":[{"host":"http://a","percent":0.6},{"host":"http://a","percent":0.1}]})",
       "value must not name a host twice (http://a)"},
  }));
  INFO(json);
  CHECK(Mistake(json) == mistake);
}

TEST_CASE("neither depth nor length of the text matters") {
  const std::string deep(30'000, '[');
  CHECK(Mistake(R"({"value":)" + deep) == "value[0] must be an object");
  std::string many = R"({"tag":"a","value":[)";
  for (int i = 0; i < 100; ++i) many += R"({"host":"http://a","percent":0},)";
  CHECK(Mistake(many) == "value must name at most 64 hosts");
  using namespace std::string_literals;
  CHECK(Mistake("{\"tag\":\"a\",\"value\":[]}\0"s) == "malformed JSON at byte 22");
}

TEST_CASE("what is stored is the value alone") {
  CHECK(ParseRedirectTargets("[]").value().empty());
  for (const char* bad : {"", "{}", "[1]", "[] []", R"({"tag":"a","value":[]})"}) {
    CHECK_FALSE(ParseRedirectTargets(bad));
  }
}
