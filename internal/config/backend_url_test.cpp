#include "internal/config/backend_url.hpp"
#include "internal/model/host_name.hpp"

#include <catch2/catch.hpp>

namespace balancer::config {
namespace {

TEST_CASE("A backend's URL is taken apart") {
  struct Row {
    std::string url, host;
    int port;
    std::string authority, base_path;
  };
  const auto row = GENERATE(values<Row>({
      {"http://localhost:8081", "localhost", 8081, "localhost:8081", ""},
      {"http://localhost", "localhost", 80, "localhost", ""},
      {"http://localhost:80/", "localhost", 80, "localhost", ""},
      {"HTTP://Test-Backend_1:1", "test-backend_1", 1, "test-backend_1:1", ""},
      {"http://a.example.:65535/base", "a.example.", 65535, "a.example.:65535", "/base"},
      {"http://a/base/", "a", 80, "a", "/base"},
      {"http://a/B/c%20d//", "a", 80, "a", "/B/c%20d"},
      {"http://a/x@y:z", "a", 80, "a", "/x@y:z"},
      {"http://127.0.0.1:81", "127.0.0.1", 81, "127.0.0.1:81", ""},
      {"http://[::1]", "::1", 80, "[::1]", ""},
      {"http://[2001:DB8:0:0::1]:81/a", "2001:db8::1", 81, "[2001:db8::1]:81", "/a"},
      {"http://[::ffff:127.0.0.1]:81", "127.0.0.1", 81, "127.0.0.1:81", ""},
  }));
  CAPTURE(row.url);
  const auto backend = ParseBackendUrl(row.url);
  REQUIRE(backend);
  CHECK(backend->url == row.url);
  CHECK(backend->host == row.host);
  CHECK(backend->port == row.port);
  CHECK(backend->authority == row.authority);
  CHECK(backend->base_path == row.base_path);
}

TEST_CASE("A bad URL is refused with its reason") {
  struct Row {
    std::string url, reason;
  };
  const auto [url, reason] = GENERATE(values<Row>({
      {"", "must begin with http://"},
      {"localhost:8081", "must begin with http://"},
      {"http:/a", "must begin with http://"},
      {"ftp://a", "must begin with http://"},
      {" http://a", "must begin with http://"},
      {"https://a", "is an https URL"},
      {"HTTPS://a", "is an https URL"},
      {"http://", "has no host"},
      {"http://:80", "has no host"},
      {"http:///a", "has no host"},
      {"http://user@a", "must have no user"},
      {"http://user:pw@a:80", "must have no user"},
      {"http://a?x=1", "must have no query"},
      {"http://a/?", "must have no query"},
      {"http://a/#x", "must have no query"},
      {"http://a:0", "must have a port"},
      {"http://a:65536", "must have a port"},
      {"http://a:", "must have a port"},
      {"http://a:x", "must have a port"},
      {"http://a:-1", "must have a port"},
      {"http://a:80:80", "must have a port"},
      {"http://[::1]:", "must have a port"},
      {"http://a b", "has a host"},
      {"http://a\n", "has a host"},
      {"http://a..b", "has a host"},
      {"http://256.0.0.1", "has a host"},
      {"http://1.2.3", "has a host"},
      {"http://b\xC3\xBC", "has a host"},
      {"http://[]", "has no IPv6"},
      {"http://[", "has no IPv6"},
      {"http://[::1", "has no IPv6"},
      {"http://[::1]x", "has no IPv6"},
      {"http://[1.2.3.4]", "has no IPv6"},
      {"http://[::1%25eth0]", "has no IPv6"},
      {"http://a/b c", "has a character in its path"},
      {"http://a/b\r\nX: y", "has a character in its path"},
      {"http://a/%zz", "has a character in its path"},
      {"http://a/%2", "has a character in its path"},
  }));
  CAPTURE(url);
  const auto backend = ParseBackendUrl(url);
  REQUIRE_FALSE(backend);
  CHECK(backend.error().code == model::ErrorCode::config_invalid);
  CHECK(backend.error().detail.starts_with(reason));
}

TEST_CASE("A host name's parts are neither empty nor too long") {
  CHECK(balancer::model::IsHostName(std::string(63, 'a')));
  CHECK_FALSE(balancer::model::IsHostName(std::string(64, 'a')));
  CHECK_FALSE(balancer::model::IsHostName(""));
  CHECK_FALSE(balancer::model::IsHostName("."));
  std::string longest;
  for (int i = 0; i < 127; ++i) longest += "a.";
  CHECK(balancer::model::IsHostName(longest));
  CHECK_FALSE(balancer::model::IsHostName("a" + longest));
}

}  // namespace
}  // namespace balancer::config
