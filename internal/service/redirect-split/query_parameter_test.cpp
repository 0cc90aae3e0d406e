#include "internal/service/redirect-split/query_parameter.hpp"

#include <catch2/catch.hpp>

using balancer::service::FindParameter;

namespace {

// The value of `video`; "none", or "bad".
std::string Video(const std::string& query) {
  std::string scratch;
  const auto found = FindParameter(query, "video", scratch);
  if (!found) return "bad";
  return *found ? "=" + std::string(**found) : "none";
}

}  // namespace

TEST_CASE("a parameter is found among others") {
  CHECK(Video("video=x") == "=x");
  CHECK(Video("a=b&video=x&c") == "=x");
  CHECK(Video("&&video=x&") == "=x");
  CHECK(Video("video=") == "=");
  CHECK(Video("video") == "=");
  CHECK(Video("%76ide%6F=x") == "=x");
  for (const char* other :
       {"", "a=b", "Video=x", "video2=x", "avideo=x", "vid%zz=x", "a=video=x"}) {
    CHECK(Video(other) == "none");
  }
}

TEST_CASE("its value is decoded once") {
  CHECK(Video("video=a=b") == "=a=b");
  CHECK(Video("video=a%3Db%26c") == "=a=b&c");
  CHECK(Video("video=%2541") == "=%41");
  CHECK(Video("video=a+b") == "=a+b");
  CHECK(Video("video=%0d%0A") == "=\r\n");
  CHECK(Video("video=h?t=1&u=2") == "=h?t=1");
  CHECK(Video("video=x&a=%zz") == "=x");
}

TEST_CASE("a bad escape or a second value is refused") {
  for (const char* bad : {"video=%", "video=%4", "video=%zz", "video=a%4", "video=a&video=a",
                          "video&video", "video=a&%76ideo=b"}) {
    INFO(bad);
    CHECK(Video(bad) == "bad");
  }
}
