#include "internal/model/redirect_target.hpp"

#include <catch2/catch.hpp>
#include <limits>

using namespace balancer::model;

TEST_CASE("a CDN host is a URL's beginning") {
  for (const char* good :
       {"http://localhost:3200", "https://cdn.example.com", "HTTP://CDN", "http://10.0.0.1:80",
        "http://[::1]:3200", "https://[2001:db8::1]", "https://cdn.example.com/",
        "https://cdn.example.com/edge/v1", "http://a_b-c", "http://x:65535"}) {
    INFO(good);
    CHECK(CheckRedirectHost(good));
  }
  for (const char* bad : {"",
                          "localhost:3200",
                          "ftp://cdn",
                          "http://",
                          "http:///x",
                          "http://:80",
                          "http://cdn:",
                          "http://cdn:0",
                          "http://cdn:65536",
                          "http://cdn:80x",
                          "http://user@cdn",
                          "http://a:b@cdn",
                          "http://cdn?x",
                          "http://cdn/?x",
                          "http://cdn#x",
                          "http://cdn/#x",
                          "http://cdn/a b",
                          "http://cdn\r\nX: y",
                          "http://cdn/\r\nX: y",
                          "http://cd\"n",
                          "http://cdn/\"",
                          "http://c dn",
                          "http://[::1",
                          "http://::1",
                          "http://[cdn]",
                          "http://[1.2.3.4]",
                          "http://1.2.3",
                          "http://cdn\\x",
                          "http://cdn/%0d",
                          "http://cdn/\xC3\xA9",
                          "//cdn",
                          "javascript:alert(1)"}) {
    INFO(bad);
    CHECK_FALSE(CheckRedirectHost(bad));
  }
}

TEST_CASE("a percent is a part of 1") {
  for (const double good : {0.0, 0.3, 1.0, 1e-300}) CHECK(CheckPercent(good));
  for (const double bad : {-0.1, 1.0000001, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    CHECK_FALSE(CheckPercent(bad));
  }
}

TEST_CASE("shares sum up to the whole at most, without rounding's mistakes") {
  RedirectTargets tenths;
  for (int i = 0; i < 10; ++i) tenths.push_back({"http://cdn" + std::to_string(i), 0.1});
  CHECK(CheckRedirectTargets(tenths));
  CHECK(
      CheckRedirectTargets({{"http://a", 1.0 / 3}, {"http://b", 1.0 / 3}, {"http://c", 1.0 / 3}}));
  CHECK(CheckRedirectTargets({}));
  tenths.push_back({"http://more", 0.000001});
  CHECK_FALSE(CheckRedirectTargets(tenths));
  CHECK_FALSE(CheckRedirectTargets({{"http://a", 0.7}, {"http://b", 0.4}}));
  CHECK_FALSE(CheckRedirectTargets({{"http://a", 0.1}, {"http://a", 0.2}}));
  CHECK_FALSE(CheckRedirectTargets(RedirectTargets(kMaxRedirectTargets + 1)));
}
