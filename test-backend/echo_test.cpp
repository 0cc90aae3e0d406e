#include "test-backend/echo.hpp"

#include <catch2/catch.hpp>

using test_backend::Echo;

namespace {

test_backend::Reply Post(std::string_view body) {
  return Echo({"127.0.0.1:8081", "POST", "/a?b=c", body});
}

std::string Around(std::string_view message) {
  return R"({"server_address":"127.0.0.1:8081","http_method":"POST","request_uri":"/a?b=c",)"
         R"("your_message":)" +
         std::string(message) + "}";
}

}  // namespace

TEST_CASE("The echo says who answered and what was asked") {
  const auto reply = Echo({"127.0.0.1:8081", "GET", "/", ""});
  CHECK(reply.status == 200);
  CHECK(reply.body == R"({"server_address":"127.0.0.1:8081","http_method":"GET",)"
                      R"("request_uri":"/","your_message":null})");
}

TEST_CASE("The JSON sent comes back as it was") {
  const auto* const message =
      GENERATE(R"({"text":"hi","list":[1,2.50,-0,1e300,12345678901234567890123]})", R"("\u00e9 é")",
               "null", "17", R"({"a":1,"a":2})");
  const auto reply = Post(message);
  CHECK(reply.status == 200);
  CHECK(reply.body == Around(message));
}

TEST_CASE("A body that is not one JSON value is refused") {
  using namespace std::string_literals;
  const auto body = GENERATE("hello"s, "{"s, "{} {}"s, " "s, "[1,]"s, "{}\0junk"s, "\"\xff\""s,
                             "NaN"s, "//\n1"s, "\xef\xbb\xbf{}"s, std::string(1'000'000, '['));
  const auto reply = Post(body);
  CHECK(reply.status == 400);
  CHECK(reply.body.rfind(R"({"error":")", 0) == 0);
}

TEST_CASE("Nesting costs no stack") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(Post(deep).status == 200);
}

TEST_CASE("Any path gives a JSON string") {
  struct Case {
    std::string_view uri;
    std::string_view shown;
  };
  const auto it = GENERATE(Case{"/\"\\", R"(/\"\\)"}, Case{"/caf\xc3\xa9", "/caf\xc3\xa9"},
                           Case{"/caf\xe9", "/caf\xc3\xa9"}, Case{"/\xc3", "/\xc3\x83"});
  const auto reply = Echo({"h:1", "GET", it.uri, ""});
  CHECK(reply.body.find(R"("request_uri":")" + std::string(it.shown) + '"') != std::string::npos);
}
