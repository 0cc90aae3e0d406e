#include "internal/service/redirect-split/video_url.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace balancer;

namespace {

// "LABEL TARGET", or "refused".
std::string Parse(const std::string& url) {
  const std::vector<model::HostPattern> origins{*model::HostPattern::Parse("*.origin-cluster"),
                                                *model::HostPattern::Parse("store")};
  const auto video = service::ParseVideoUrl(url, origins);
  if (!video) return "refused";
  return std::string(video->label) + " " + std::string(video->target);
}

}  // namespace

TEST_CASE("a video's URL is taken apart") {
  CHECK(Parse("http://s1.origin-cluster/video/1488/xcg2djHckad.m3u8") ==
        "s1 /video/1488/xcg2djHckad.m3u8");
  CHECK(Parse("https://s1.origin-cluster:8443/video/x") == "s1 /video/x");
  CHECK(Parse("HTTP://S1.Origin-Cluster/video/x") == "S1 /video/x");
  CHECK(Parse("http://store/video/x") == "store /video/x");
  CHECK(Parse("http://s1.origin-cluster/video/x?t=1&u=/../a%20b?c") ==
        "s1 /video/x?t=1&u=/../a%20b?c");
  CHECK(Parse("http://s1.origin-cluster/video/a%20b/%D1%84;v=1/x~!$&'()*+,=:@") ==
        "s1 /video/a%20b/%D1%84;v=1/x~!$&'()*+,=:@");
  CHECK(Parse("http://s1.origin-cluster/video/a..b/...") == "s1 /video/a..b/...");
  CHECK(Parse("http://s1.origin-cluster/video/.hidden") == "s1 /video/.hidden");
  CHECK(Parse("http://s1.origin-cluster/video/..x/x../x.") == "s1 /video/..x/x../x.");
}

TEST_CASE("no other host is let in") {
  for (const char* url : {"http://evil.com/video/x",
                          "http://s1.origin-cluster?/video/x",
                          "http://s1.origin-cluster#/video/x",
                          "http://origin-cluster/video/x",
                          "http://a.b.origin-cluster/video/x",
                          "http://s1.origin-cluster.evil.com/video/x",
                          "http://s1.origin-cluster@evil.com/video/x",
                          "http://user:pass@s1.origin-cluster/video/x",
                          "http://@s1.origin-cluster/video/x",
                          "http://evil.com\\.origin-cluster/video/x",
                          "http://evil.com\\@s1.origin-cluster/video/x",
                          "http://evil.com#.origin-cluster/video/x",
                          "http://evil.com?.origin-cluster/video/x",
                          "http://evil.com/.origin-cluster/video/x",
                          "http://evil.com%2F.origin-cluster/video/x",
                          "http://%65.origin-cluster/video/x",
                          "http://a b.origin-cluster/video/x",
                          "http://a\t.origin-cluster/video/x",
                          "http://\xC3\xA9.origin-cluster/video/x",
                          "http://.origin-cluster/video/x",
                          "http://s1.origin-cluster./video/x",
                          "http:///s1.origin-cluster/video/x",
                          "http:/s1.origin-cluster/video/x",
                          "http:s1.origin-cluster/video/x",
                          "//s1.origin-cluster/video/x",
                          "s1.origin-cluster/video/x",
                          "/video/x",
                          "",
                          "ftp://s1.origin-cluster/video/x",
                          "javascript://s1.origin-cluster/video/x",
                          "javascript:alert(1)",
                          " http://s1.origin-cluster/video/x",
                          "\thttp://s1.origin-cluster/video/x",
                          "http:\\\\s1.origin-cluster/video/x",
                          "http://[::1].origin-cluster/video/x",
                          "http://*.origin-cluster/video/x",
                          "http://s1,x.origin-cluster/video/x"}) {
    INFO(url);
    CHECK(Parse(url) == "refused");
  }
}

TEST_CASE("no bad port") {
  for (const char* port : {":", ":0", ":65536", ":8o", ":-1", ":+1", ": 80", ":80:80",
                           ":80@evil.com", ":99999999999999999999"}) {
    INFO(port);
    CHECK(Parse("http://s1.origin-cluster" + std::string(port) + "/video/x") == "refused");
  }
}

TEST_CASE("no path but those under /video/, read alike by everyone") {
  for (const char* path : {"",
                           "/",
                           "/video",
                           "/video/",
                           "/video/?x",
                           "/video//",
                           "/video//x",
                           "/Video/x",
                           "/videos/x",
                           "/x/video/y",
                           "//video/x",
                           "/video/../x",
                           "/video/./x",
                           "/video/..",
                           "/video/.",
                           "/video/x/..",
                           "/video/x/../y",
                           "/video/..;/x",
                           "/video/...../../x",
                           "/video/a./../x",
                           "/video/a/.",
                           "/video/.;a=b/x",
                           "/video/..?x",
                           "/video/%2e%2e/x",
                           "/video/%2E./x",
                           "/video/..%2fx",
                           "/video/%2Fx",
                           "/video/%5cx",
                           "/video/\\x",
                           "/video/..\\x",
                           "/video/x#y",
                           "/video/x?y#z",
                           "/video/%00",
                           "/video/%0d%0a",
                           "/video/%7F",
                           "/video/x?%0a",
                           "/video/x?%00",
                           "/video/%",
                           "/video/%2",
                           "/video/%zz",
                           "/video/x?%",
                           "/video/x?%zz",
                           "/video/a b",
                           "/video/a\tb",
                           "/video/x?a b",
                           "/video/\"",
                           "/video/<",
                           "/video/{",
                           "/video/^",
                           "/video/|",
                           "/video/`",
                           "/video/x?\"",
                           "/video/[",
                           "/video/\xC3\xA9",
                           "/video/x?\xC3\xA9",
                           "/video/\x7F",
                           "/video/x\r\nSet-Cookie: a=b",
                           "/video/x?\r\nSet-Cookie: a=b",
                           "/video/x\n",
                           "/video/x\r",
                           "/%76ideo/x"}) {
    INFO(path);
    CHECK(Parse("http://s1.origin-cluster" + std::string(path)) == "refused");
  }
  using namespace std::string_literals;
  CHECK(Parse("http://s1.origin-cluster/video/x\0y"s) == "refused");
  CHECK(Parse("http://s1.origin-cluster\0/video/x"s) == "refused");
}
