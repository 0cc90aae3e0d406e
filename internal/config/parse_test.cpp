#include "internal/config/parse.hpp"

#include <catch2/catch.hpp>

namespace balancer::config {
namespace {

using namespace std::chrono_literals;

TEST_CASE("A duration is a whole number with its unit") {
  CHECK(ParseDuration("1ms") == 1ms);
  CHECK(ParseDuration("250ms") == 250ms);
  CHECK(ParseDuration("10s") == 10s);
  CHECK(ParseDuration("2m") == 2min);
  CHECK(ParseDuration("24h") == 24h);
  CHECK(ParseDuration("86400s") == 24h);
  for (const char* bad : {"", "10", "s", "-1s", "+1s", "1.5s", "1 s", "1s ", "1S", "1d", "1s1s"}) {
    CAPTURE(bad);
    CHECK(ParseDuration(bad).error().starts_with("must be a whole number and its unit"));
  }
  for (const char* bad :
       {"0", "0s", "25h", "86400001ms", "9223372036854775807h", "99999999999999999999s"}) {
    CAPTURE(bad);
    CHECK(ParseDuration(bad).error() == "must be over 0 and at most 24h");
  }
}

TEST_CASE("A whole number may be written as any number that is whole") {
  const Whole range{-5, 1000};
  CHECK(range("7") == 7);
  CHECK(range("10.0") == 10);
  CHECK(range("1e1") == 10);
  CHECK(range("-5") == -5);
  CHECK(range("1000") == 1000);
  for (const char* bad : {"", " 7", "7 ", "+7", "1.5", "1001", "-6", "0x10", "seven", "1_0", "nan",
                          "inf", "-inf", "1e400"}) {
    CAPTURE(bad);
    CHECK(range(bad).error() == "must be a whole number from -5 to 1000");
  }
}

TEST_CASE("Seconds may be fractions") {
  CHECK(ParseSeconds("5") == 5s);
  CHECK(ParseSeconds("0.5") == 500ms);
  CHECK(ParseSeconds("0.001") == 1ms);
  CHECK(ParseSeconds("3600") == 1h);
  for (const char* bad : {"", "0", "-1", "0.0001", "3600.1", "5s", "nan", "inf"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseSeconds(bad));
  }
}

TEST_CASE("A rate is over zero") {
  CHECK(ParseRate("0.2") == 0.2);
  CHECK(ParseRate("1e9") == 1e9);
  for (const char* bad : {"", "0", "-1", "1.1e9", "nan", "inf", "1/s"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseRate(bad));
  }
}

TEST_CASE("Status codes are codes, ranges and lists of them") {
  CHECK(ParseStatusSet("200")->ranges == std::vector<std::pair<int, int>>{{200, 200}});
  CHECK(ParseStatusSet("200-299,304")->ranges ==
        std::vector<std::pair<int, int>>{{200, 299}, {304, 304}});
  CHECK(ParseStatusSet("100, 599")->ranges ==
        std::vector<std::pair<int, int>>{{100, 100}, {599, 599}});
  for (const char* bad : {"", "99", "600", "299-200", "200-", "-200", "200,", ",200", "2xx",
                          "200.0", "0200", "200-299-300", "200 300", "+20"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseStatusSet(bad));
  }
}

TEST_CASE("A health path is a request target in origin form") {
  CHECK(ParsePath("/health?deep=1") == "/health?deep=1");
  for (const char* bad :
       {"", "health", "http://x/", "*", "/a b", "/a#b", "/a\r\nX: y", "/\x7F", "/\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParsePath(bad));
  }
}

TEST_CASE("A token is visible ASCII") {
  CHECK(ParseToken("") == "");
  CHECK(ParseToken("aZ09-._~+/=!") == "aZ09-._~+/=!");
  for (const char* bad : {"a b", "a\n", "\x7F", "\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseToken(bad));
  }
}

TEST_CASE("A client is known by a field, its address, or address and port") {
  CHECK(ParseClientIdSource("ip")->kind == ClientIdSource::Kind::ip);
  CHECK(ParseClientIdSource("ip_port")->kind == ClientIdSource::Kind::ip_port);
  CHECK(ParseClientIdSource("header:X-User")->header == "X-User");
  for (const char* bad :
       {"", "IP", "header", "header:", "header:a b", "header:a:b", "header: a", "cookie:x"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseClientIdSource(bad));
  }
}

TEST_CASE("A host to listen at is a name or an address") {
  for (const char* good : {"0.0.0.0", "::", "::1", "localhost", "my_host-1.example.com"}) {
    CAPTURE(good);
    CHECK(ParseHost(good) == good);
  }
  for (const char* bad : {"", "[::1]", "256.0.0.1", "1.2.3", "a b", "*", "a..b", "host:80"}) {
    CAPTURE(bad);
    CHECK_FALSE(ParseHost(bad));
  }
}

}  // namespace
}  // namespace balancer::config
