#include "internal/model/host_pattern.hpp"

#include <catch2/catch.hpp>

using balancer::model::HostPattern;

namespace {

bool Matches(const char* pattern, const char* host) {
  const auto parsed = HostPattern::Parse(pattern);
  REQUIRE(parsed);
  return parsed->Matches(host);
}

}  // namespace

TEST_CASE("'*' stands for one label") {
  CHECK(Matches("*.origin-cluster", "s1.origin-cluster"));
  CHECK(Matches("*.Origin-Cluster", "S1.oRIGIN-cLUSTER"));
  CHECK(Matches("*.a.example.com", "b.a.example.com"));
  for (const char* other : {"", "origin-cluster", ".origin-cluster", "a.b.origin-cluster",
                            "s1.origin-cluster.", "s1.origin-cluster.evil.com", "s1-origin-cluster",
                            "s1.origin-cluste", "evil.com", "s1.origin-clusterx", "*"}) {
    INFO(other);
    CHECK_FALSE(Matches("*.origin-cluster", other));
  }
}

TEST_CASE("without '*' it is one host") {
  CHECK(Matches("s1.origin", "S1.origin"));
  CHECK_FALSE(Matches("s1.origin", "s2.origin"));
  CHECK_FALSE(Matches("s1.origin", "x.s1.origin"));
  CHECK_FALSE(Matches("s1.origin", "origin"));
}

TEST_CASE("what is no pattern is refused") {
  for (const char* bad :
       {"",        "*",   "*.",      "*.*",       "*.*.com",       "a.*.com",    "s*.origin",
        "*origin", ".a",  "a..b",    "origin:80", "http://origin", "origin/",    "10.0.0.1",
        "*.0.0.1", "a b", "origin.", "*.origin.", "\xC3\xA9",      "user@origin"}) {
    INFO(bad);
    CHECK_FALSE(HostPattern::Parse(bad));
  }
}
