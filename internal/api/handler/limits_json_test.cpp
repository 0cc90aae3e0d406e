#include "internal/api/handler/limits_json.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace balancer::api {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string With(std::string_view client_id, std::string_view capacity, std::string_view rate) {
  std::string json = R"({"client_id":)";
  json.append(client_id).append(R"(,"capacity":)").append(capacity);
  return json.append(R"(,"rate_per_sec":)").append(rate).append("}");
}
std::string WithId(std::string_view client_id) {
  return With(client_id, "1", "1");
}
std::string WithCapacity(std::string_view capacity) {
  return With(R"("a")", capacity, "1");
}
std::string WithRate(std::string_view rate) {
  return With(R"("a")", "1", rate);
}

// Why it is refused; "" when it is not.
std::string Mistake(std::string_view json) {
  const auto limit = ParseClientLimit(json);
  if (limit) return "";
  CHECK(limit.error().code == model::ErrorCode::invalid_argument);
  return limit.error().detail;
}

TEST_CASE("The three fields are read in any order and with any white space") {
  const model::ClientLimit ada{"ada", {10, 0.5}};
  CHECK(ParseClientLimit(R"({"client_id":"ada","capacity":10,"rate_per_sec":0.5})") == ada);
  CHECK(ParseClientLimit(
            "\r\n\t{ \"rate_per_sec\" : 0.5 ,\n\"capacity\":10,\"client_id\":\"ada\"} ") == ada);
  CHECK(ParseClientLimit(R"({"client\u005Fid":"\u0061da","capacity":10,"rate_per_sec":0.5})") ==
        ada);
}

TEST_CASE("A client_id may have escapes") {
  CHECK(ParseClientId(R"({"client_id":"\"\\\/żółw"})") == "\"\\/żółw");
  CHECK(ParseClientId(R"({"client_id":"\uD83D\uDC22"})") == "\xF0\x9F\x90\xA2");
}

TEST_CASE("A capacity is a whole number, however it is written") {
  for (const char* ten :
       {"10", "10.0", "1e1", "1E+1", "100e-1", "0.1e2", "10.000000000000000000"}) {
    CAPTURE(ten);
    CHECK(ParseClientLimit(WithCapacity(ten)).value().limit.capacity == 10);
  }
  CHECK(ParseClientLimit(WithCapacity("1e9")).value().limit.capacity == 1'000'000'000);

  for (const char* bad : {"10.5", "0", "-0", "-1", "0.5", "1000000001", "1000000000.5", "1e10",
                          "1e308", "-1e308", "18446744073709551617", "-9223372036854775809",
                          "1e-400", "0.0000000001e-2147483639", "1e-99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(Mistake(WithCapacity(bad)) == "capacity must be a whole number from 1 to 1e9");
  }
}

TEST_CASE("A rate is read exactly") {
  for (const double rate : {0.1, 0.2, 1e9, 123456789.123456789, 5e-324, 1.0 / 3}) {
    const model::ClientLimit limit{"a", {1, rate}};
    CAPTURE(rate);
    CHECK(ParseClientLimit(ToJson(limit)) == limit);
  }
  for (const char* bad : {"0", "0.0", "-0.0", "-1", "1000000000.1", "1e10", "1e-400"}) {
    CAPTURE(bad);
    CHECK(Mistake(WithRate(bad)) == "rate_per_sec must be over 0 and at most 1e9");
  }
}

TEST_CASE("A number too big for a double is an error of its field") {
  const std::string digits(400, '9');
  for (const std::string& big : {std::string("1e400"), std::string("-1e400"), digits,
                                 std::string("1e99999999999999999999")}) {
    CAPTURE(big);
    CHECK_THAT(Mistake(WithRate(big)), StartsWith("rate_per_sec is too big"));
    CHECK_THAT(Mistake(WithCapacity(big)), StartsWith("capacity is too big"));
    CHECK(Mistake(WithId(big)) == "client_id must be a string");
    CHECK(Mistake(big) == "the body must be a JSON object");
  }
}

TEST_CASE("A bad field is named") {
  const auto [json, mistake] = GENERATE(table<std::string, std::string>({
      {R"({})", "client_id is missing"},
      {R"({"client_id":"a","rate_per_sec":1})", "capacity is missing"},
      {R"({"client_id":"a","capacity":1})", "rate_per_sec is missing"},
      {R"({"client_id":"a","burst":1})", "unknown field \"burst\""},
      {R"({"Client_id":"a"})", "unknown field \"Client_id\""},
      {"{\"\xFF\":1}", "unknown field"},
      {R"({"a\u0000":1})", "unknown field"},
      {R"({"client_id":"a","client_id":"a"})", "client_id is given more than once"},
      {R"({"capacity":1,"capacity":1})", "capacity is given more than once"},
      {R"({"client_id":"a","client\u005fid":"a"})", "client_id is given more than once"},
      {WithId("1"), "client_id must be a string"},
      {WithId("null"), "client_id must be a string"},
      {WithId("[]"), "client_id must be a string"},
      {WithId("{}"), "client_id must be a string"},
      {WithId("true"), "client_id must be a string"},
      {WithCapacity(R"("1")"), "capacity must be a number"},
      {WithCapacity("null"), "capacity must be a number"},
      {WithCapacity("[1]"), "capacity must be a number"},
      {WithRate("false"), "rate_per_sec must be a number"},
      {WithRate("{}"), "rate_per_sec must be a number"},
      {WithId(R"("")"), "client_id must not be empty"},
      {WithId('"' + std::string(257, 'x') + '"'), "client_id must be at most 256 bytes long"},
      {WithId(R"("a\u0000b")"), "client_id must not contain control characters"},
      {WithId(R"("a\n")"), "client_id must not contain control characters"},
      {WithId("\"\x7F\""), "client_id must not contain control characters"},
      {WithId(R"("\u0085")"), "client_id must not contain control characters"},
      {WithId("\"\xFF\""), "client_id must be well-formed UTF-8"},
      {WithId("\"\xED\xA0\x80\""), "client_id must be well-formed UTF-8"},
      {WithId(R"("\uDC00")"), "client_id must be well-formed UTF-8"},
      {"null", "the body must be a JSON object"},
      {"42", "the body must be a JSON object"},
      {"\"a\"", "the body must be a JSON object"},
      {"[]", "the body must be a JSON object"},
      {"[{}]", "the body must be a JSON object"},
  }));
  CAPTURE(json);
  CHECK(Mistake(json) == mistake);
}

TEST_CASE("Malformed JSON is told with its byte") {
  const std::string whole = WithRate("1");
  const auto [json, byte] = GENERATE_COPY(table<std::string, std::size_t>({
      {"", 0},
      {"  ", 2},
      {"x", 0},
      {"\xEF\xBB\xBF" + whole, 0},
      {std::string(1, '\0'), 0},
      {whole + "x", whole.size()},
      {whole + " {}", whole.size() + 1},
      {whole + ",", whole.size()},
      {whole + std::string(1, '\0'), whole.size()},
      {whole + std::string(1, '\0') + "x", whole.size()},
      {whole.substr(0, whole.size() - 1), whole.size() - 1},
      {"{", 1},
      {"{,}", 1},
      {R"({"client_id")", 12},
      {R"({"client_id" "a"})", 13},
      {R"({"client_id":})", 13},
      {R"({"client_id":"a)", 15},
      {R"({"client_id":"a" "capacity":1})", 17},
      {R"({"client_id":"a",})", 17},
      {R"({'client_id':"a"})", 1},
      {R"({"client_id":"\x"})", 14},
      {R"({"client_id":"\u00g0"})", 14},
      {R"({"client_id":"\uD800"})", 14},
      {R"({"client_id":"\uD800\u0041"})", 14},
      {"{\"client_id\":\"a\nb\"}", 15},
      {R"({"capacity":NaN})", 12},
      {R"({"capacity":+1})", 12},
      {R"({"capacity":.5})", 12},
      {R"({"capacity":-Infinity})", 13},
      {R"({"capacity":1.})", 14},
      {R"({"capacity":1e})", 14},
      {R"({"capacity":01})", 13},
      {R"({"capacity":0x1})", 13},
      {R"({"capacity":tru})", 15},
      {R"(/**/{})", 0},
  }));
  CAPTURE(json);
  CHECK_THAT(Mistake(json), StartsWith("malformed JSON at byte " + std::to_string(byte) + ": "));
}

TEST_CASE("A value that is none is told with its field") {
  for (const char* none : {"NaN", "Infinity", "-Infinity", "nan", "+1", ".5", ""}) {
    CAPTURE(none);
    CHECK_THAT(Mistake(WithRate(none)), Contains("malformed JSON") && Contains("rate_per_sec"));
    CHECK_THAT(Mistake(WithCapacity(none)), Contains("malformed JSON") && Contains("capacity"));
  }
}

TEST_CASE("Deep nesting is refused without going into it") {
  const std::size_t depth = 1'000'000;
  std::string objects;
  for (std::size_t i = 0; i < depth; ++i) objects += "{\"client_id\":";
  CHECK(Mistake(std::string(depth, '[')) == "the body must be a JSON object");
  CHECK(Mistake(objects) == "client_id must be a string");
  CHECK(Mistake(WithCapacity(std::string(depth, '['))) == "capacity must be a number");
}

TEST_CASE("Only a client_id is read where only it is asked for") {
  CHECK(ParseClientId(R"({"client_id":"a"})") == "a");
  CHECK(ParseClientId(R"({"client_id":"a","capacity":1})").error().detail ==
        "unknown field \"capacity\"");
  CHECK(ParseClientId("{}").error().detail == "client_id is missing");
  CHECK(ParseClientId(R"({"client_id":""})").error().detail == "client_id must not be empty");
}

TEST_CASE("Limits are written as JSON") {
  CHECK(ToJson({"a", {10, 1}}) == R"({"client_id":"a","capacity":10,"rate_per_sec":1})");
  CHECK(ToJson({"a", {1'000'000'000, 1e9}}) ==
        R"({"client_id":"a","capacity":1000000000,"rate_per_sec":1000000000})");
  CHECK(ToJson({"a", {1, 0.2}}) == R"({"client_id":"a","capacity":1,"rate_per_sec":0.2})");
  CHECK(ToJson({"\"\\ż/", {1, 1}}) == R"({"client_id":"\"\\ż/","capacity":1,"rate_per_sec":1})");
}

}  // namespace
}  // namespace balancer::api
