#include "internal/service/redirect-split/redirect_split.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace balancer;
using service::RedirectSplit;
using service::SharesInForce;

namespace {

const std::string kVideo = "video=http://s1.origin-cluster/video/1488/x.m3u8";

// A worker's split over shares that the test edits.
struct Fixture {
  SharesInForce shares{{{"http://localhost:3200", 0.3}}};
  RedirectSplit split{"video", {*model::HostPattern::Parse("*.origin-cluster")}, shares};

  // The Location, "none", or "bad: " and why.
  std::string Locate(const std::string& query) {
    const auto location = split.Locate(query);
    if (!location) return "bad: " + location.error().detail;
    return *location ? std::string(**location) : "none";
  }
  std::map<std::string, int> Count(int requests) {
    std::map<std::string, int> counts;
    for (int i = 0; i < requests; ++i) ++counts[Locate(kVideo)];
    return counts;
  }
};

const std::string kOrigin = "http://s1.origin-cluster/video/1488/x.m3u8";

}  // namespace

TEST_CASE("a share of the requests is sent to the CDN") {
  Fixture f;
  CHECK(f.Count(1000) == std::map<std::string, int>{
                             {kOrigin, 700}, {"http://localhost:3200/s1/video/1488/x.m3u8", 300}});
}

TEST_CASE("the CDN's path is made of the label and the path, query included") {
  Fixture f;
  f.shares.Set({{"https://cdn.example.com/edge/", 1}});
  CHECK(f.Locate("video=http%3A%2F%2FS2.origin-cluster%3A81%2Fvideo%2Fx%3Fa%3D1%26b=2&c=3") ==
        "https://cdn.example.com/edge/s2/video/x?a=1&b=2");
}

TEST_CASE("the origin's URL goes as it came, decoded") {
  Fixture f;
  f.shares.Set({});
  CHECK(f.Locate("video=http%3A%2F%2FS2.origin-cluster%3A81%2Fvideo%2Fa%2520b%3Fa=1") ==
        "http://S2.origin-cluster:81/video/a%20b?a=1");
}

TEST_CASE("an edit holds for the next request, and begins to count anew") {
  Fixture f;
  f.Count(9);
  f.shares.Set({{"http://a", 0.5}, {"http://b", 0.25}});
  CHECK(f.Count(4) == std::map<std::string, int>{{kOrigin, 1},
                                                 {"http://a/s1/video/1488/x.m3u8", 2},
                                                 {"http://b/s1/video/1488/x.m3u8", 1}});
}

TEST_CASE("what is not for a video, or badly so, takes no turn") {
  Fixture f;
  f.shares.Set({{"http://a", 0.5}});
  int cdn = 0;
  for (int i = 0; i < 100; ++i) {
    CHECK(f.Locate("a=b") == "none");
    CHECK(f.Locate("video=") == "bad: video is empty");
    CHECK(f.Locate("video=http://evil.com/video/x") ==
          "bad: video must be at one of the origin hosts");
    cdn += f.Locate(kVideo) == kOrigin ? 0 : 1;
  }
  CHECK(cdn == 50);
}
