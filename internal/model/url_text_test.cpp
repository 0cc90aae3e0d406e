#include "internal/model/url_text.hpp"

#include <optional>

#include <catch2/catch.hpp>

using namespace balancer::model;

namespace {

std::optional<std::string> Decoded(std::string_view text) {
  std::string out = "left over";
  return PercentDecode(text, out) ? std::optional(out) : std::nullopt;
}

}  // namespace

TEST_CASE("percent escapes are decoded, once, and nothing else is") {
  CHECK(Decoded("") == "");
  CHECK(Decoded("a+b c") == "a+b c");
  CHECK(Decoded("%41%2f%2F%c3%BC") == "A//\xC3\xBC");
  CHECK(Decoded("%2541") == "%41");
  CHECK(Decoded("%00") == std::string(1, '\0'));
}

TEST_CASE("a percent sign wants two hexadecimal digits behind it") {
  for (const std::string_view text : {"%", "%4", "a%", "%4g", "%g4", "%-1", "% 1", "%%41", "%@A"}) {
    CAPTURE(text);
    CHECK_FALSE(Decoded(text));
  }
}

TEST_CASE("a port is a number from 1 to 65535") {
  for (const std::string_view text : {"1", "80", "65535", "0080"}) CHECK(IsPort(text));
  for (const std::string_view text : {"", "0", "65536", "-1", "+1", " 1", "1 ", "0x1", "1.0"}) {
    CAPTURE(text);
    CHECK_FALSE(IsPort(text));
  }
}

TEST_CASE("letters are lowered, in ASCII only") {
  CHECK(ToLower('A') == 'a');
  CHECK(ToLower('Z') == 'z');
  for (const char c : {'a', '@', '[', '0', '\xC4'}) CHECK(ToLower(c) == c);
}

TEST_CASE("http and https are taken off a URL, in any case") {
  const auto behind = [](std::string_view url) {
    return SkipHttpScheme(url) ? std::optional(url) : std::nullopt;
  };
  CHECK(behind("http://host/") == "host/");
  CHECK(behind("https://host/") == "host/");
  CHECK(behind("HTTP://Host/") == "Host/");
  CHECK(behind("hTtPs://") == "");
  for (const std::string_view url : {"", "http:/", "http:/host", "ftp://host/", "httpx://host/",
                                     "https:host/", "//host/", " http://host/"}) {
    CAPTURE(url);
    CHECK_FALSE(behind(url));
  }
}
