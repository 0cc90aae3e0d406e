#include <catch2/catch.hpp>

#include <cmath>

#include "tests/e2e/split/split.hpp"

// The redirect split: which requests are redirected, where to, and in which shares.

using namespace balancer::e2e;

namespace {

struct Split {
  ScriptedBackend backend{Ok("backend")};
  Balancer balancer{SplitConfig().Backend(backend)};
  HttpClient client{balancer.Connect()};

  // The whole share goes to one place.
  void SendAllTo(const std::string& value) {
    REQUIRE(balancer.Call("POST", kEdit, "", Setting(value)).status == 201);
  }
};

}  // namespace

TEST_CASE("three of ten go to the CDN, exactly, and over any requests in a row") {
  Split split;
  const std::string cdn = "http://localhost:3200/s1/video/1488/xcg2djHckad.m3u8";
  CHECK(CountLocations(split.client, 1000) ==
        std::map<std::string, int>{{kVideo, 700}, {cdn, 300}});
  for (const int requests : {1, 2, 3, 5, 7, 10, 11, 33}) {
    const int count = CountLocations(split.client, requests)[cdn];
    INFO(requests);
    CHECK(std::abs(count - requests * 0.3) < 1);
  }
  CHECK(split.backend.request_count() == 0);
}

TEST_CASE("a redirect has no body, and is not kept by whoever gets it") {
  Split split;
  const auto response = split.client.Get("/?video=" + kVideo);
  CHECK(response.status == 301);
  CHECK(response.Field("Location") == kVideo);
  CHECK(response.Field("Content-Length") == "0");
  CHECK(response.Field("Cache-Control") == "no-store");
  CHECK(response.Has("X-Request-ID"));

  INFO("HEAD is answered alike, and takes its turn");
  const auto head = split.client.Call("HEAD", "/?video=" + kVideo);
  CHECK(head.status == 301);
  CHECK(head.Field("Location") == "http://localhost:3200/s1/video/1488/xcg2djHckad.m3u8");

  INFO("HTTP/1.0 and absolute-form");
  HttpClient old = split.balancer.Connect();
  old.Send("GET http://localhost?video=" + kVideo + " HTTP/1.0\r\n\r\n");
  CHECK(old.Receive().status == 301);
}

TEST_CASE("the parameter is decoded once, and its query survives") {
  Split split;
  const std::string encoded =
      "/?a=b&video=http%3A%2F%2FS7.origin-cluster%3A8081%2Fvideo%2Fa%2520b.m3u8%3Ft%3D1%26u%3D2&c";
  split.SendAllTo("[]");
  CHECK(split.client.Get(encoded).Field("Location") ==
        "http://S7.origin-cluster:8081/video/a%20b.m3u8?t=1&u=2");
  split.SendAllTo(Value("https://cdn.example.com/edge", "1"));
  CHECK(split.client.Get(encoded).Field("Location") ==
        "https://cdn.example.com/edge/s7/video/a%20b.m3u8?t=1&u=2");
}

TEST_CASE("other requests are forwarded as before") {
  Split split;
  std::size_t forwarded = 0;
  for (const char* target : {"/", "/?", "/?a=b", "/?videos=x", "/x?video=y", "//?video=x",
                             "/index.html", "/api/other", "/api/get_settings/x", "/api"}) {
    INFO(target);
    CHECK(split.client.Get(target).body == "backend");
    CHECK(split.backend.request_count() == ++forwarded);
  }
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    INFO(method);
    CHECK(split.client.Call(method, "/?video=" + kVideo).body == "backend");
    CHECK(split.backend.request_count() == ++forwarded);
  }
}

TEST_CASE("what is no video's URL is 400, and reaches neither a header nor a backend") {
  Split split;
  for (const std::string& parameter :
       {std::string("video="),
        std::string("video"),
        "video=" + kVideo + "&video=" + kVideo,
        std::string("video=http://evil.com/video/x"),
        std::string("video=http://s1.origin-cluster@evil.com/video/x"),
        std::string("video=http://s1.origin-cluster.evil.com/video/x"),
        std::string("video=http://evil.com%23.origin-cluster/video/x"),
        std::string("video=http://evil.com%5C.origin-cluster/video/x"),
        std::string("video=//s1.origin-cluster/video/x"),
        std::string("video=ftp://s1.origin-cluster/video/x"),
        std::string("video=javascript:alert(1)"),
        std::string("video=http://s1.origin-cluster"),
        std::string("video=http://s1.origin-cluster/video/"),
        std::string("video=http://s1.origin-cluster/other/x"),
        std::string("video=http://s1.origin-cluster/video/%252e%252e/x"),
        std::string("video=http://s1.origin-cluster/video/../x"),
        "video=" + kVideo + "%0d%0aX:%20y",
        "video=" + kVideo + "%0A",
        "video=" + kVideo + "%00",
        "video=" + kVideo + "%250d%250a",
        "video=" + kVideo + "%20",
        "video=" + kVideo + "%7f",
        "video=" + kVideo + "%C3%A9",
        "video=" + kVideo + "%",
        "video=" + kVideo + "%zz",
        "video=" + kVideo + "\xC3\xA9"}) {
    INFO(parameter);
    for (const char* method : {"GET", "HEAD"}) {
      const auto response = split.client.Call(method, "/?" + parameter);
      CHECK(response.status == 400);
      CHECK_FALSE(response.Has("Location"));
      CHECK_FALSE(response.Has("X"));
      if (method == std::string("GET")) CHECK(ProblemMistake(response, 400) == "");
    }
  }
  CHECK(split.backend.request_count() == 0);
  INFO("and none of them has taken a turn");
  CHECK(CountLocations(split.client, 10)[kVideo] == 7);
}

TEST_CASE("limits apply to redirects as to the rest") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend).DefaultLimits("3", "0.0001"));
  HttpClient client = balancer.Connect();
  CHECK(client.Get("/?video=" + kVideo).status == 301);
  CHECK(client.Get("/").status == 200);
  CHECK(client.Get("/?video=").status == 400);
  const auto refused = client.Get("/?video=" + kVideo);
  CHECK(ProblemMistake(refused, 429) == "");
  CHECK(refused.Has("Retry-After"));
}

TEST_CASE("with several workers each of them is exact") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend).Workers(4));
  for (int i = 0; i < 8; ++i) {
    HttpClient client = balancer.Connect();  // stays with its worker
    CHECK(CountLocations(client, 100)[kVideo] == 70);
  }
}

TEST_CASE("redirects need no healthy backend") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend));
  backend.Stop();
  CHECK(balancer.Get("/?video=" + kVideo).status == 301);
}

TEST_CASE("while the split is disabled, all of it is forwarded") {
  ScriptedBackend backend(Ok("backend"));
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get("/?video=" + kVideo).body == "backend");
  CHECK(balancer.Get(kSettings).body == "backend");
  CHECK(balancer.Call("POST", kEdit, "", Setting("[]")).body == "backend");
  CHECK(ProblemMistake(balancer.Admin("GET", kSettings), 404) == "");
  CHECK(ProblemMistake(balancer.Admin("POST", kEdit, "", Setting("[]")), 404) == "");
}
