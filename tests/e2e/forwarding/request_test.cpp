#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §3.2: how a request reaches the backend.

using namespace balancer::e2e;

namespace {

std::vector<std::string> NamesOf(const Head& head) {
  std::vector<std::string> names;
  for (const auto& [name, value] : head.fields) names.push_back(name);
  return names;
}

}  // namespace

TEST_CASE("every method reaches the backend") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (const std::string method : {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}) {
    INFO(method);
    CHECK(client.Call(method, "/m").status == 200);
    CHECK(backend.last_request().start_line == method + " /m HTTP/1.1");
  }
}

TEST_CASE("a method out of the ordinary is carried or refused in plain words, never changed") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto response = balancer.Call("PROPFIND", "/");
  if (response.status == 200) {
    CHECK(backend.last_request().start_line == "PROPFIND / HTTP/1.1");
  } else {
    CHECK(ProblemMistake(response, 501) == "");
    CHECK(backend.request_count() == 0);
  }
}

TEST_CASE("CONNECT makes no tunnel") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
  CHECK(client.Receive().status >= 400);
  CHECK(backend.request_count() == 0);
}

TEST_CASE("path and query reach the backend byte for byte") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (const std::string target :
       {"/", "/a/b?c=d", "//a//b/", "/a/../b/./c", "/%2e%2E/%41%zz%", "/?", "/??a=?&&b=+%20;",
        "/limits", "/limits?client_id=x", "/limitsx/get", "/~user/(a)[b]{c}|d^e`f\"<>\\",
        "/healthz", "/readyz", "/?next=http://other/limits/get"}) {
    INFO(target);
    CHECK(client.Get(target).status == 200);
    CHECK(backend.last_request().start_line == "GET " + target + " HTTP/1.1");
  }
}

TEST_CASE("a target that is a whole URL is cut to its path, an asterisk stays one") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  CHECK(client.Get("http://example.com/a?b").status == 200);
  CHECK(backend.last_request().start_line == "GET /a?b HTTP/1.1");
  CHECK(backend.last_request().Field("Host") == "example.com");
  CHECK(client.Call("OPTIONS", "*").status == 200);
  CHECK(backend.last_request().start_line == "OPTIONS * HTTP/1.1");
}

TEST_CASE("a path in backend_url is put in front with one slash between, of health checks too") {
  ScriptedBackend backend(Ok());
  const std::string base = GENERATE(as<std::string>(), "/base", "/base/", "/a/b");
  const std::string prefix = base == "/base/" ? "/base" : base;
  INFO(base);
  Balancer balancer(BalancerConfig().Backend(backend.url() + base));
  CHECK(balancer.Get("/x?y=/z").status == 200);
  CHECK(backend.last_request().start_line == "GET " + prefix + "/x?y=/z HTTP/1.1");
  CHECK(balancer.Get("/").status == 200);
  CHECK(backend.last_request().start_line == "GET " + prefix + "/ HTTP/1.1");
  CHECK(backend.health_requests().at(0).start_line == "GET " + prefix + "/health HTTP/1.1");
}

TEST_CASE("Host is kept; a request of HTTP/1.0 without one gets the backend's") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get("/", "Host: Shop.Example:8443\r\n").status == 200);
  CHECK(backend.last_request().All("Host") == std::vector<std::string>{"Shop.Example:8443"});

  auto old = balancer.Connect();
  old.Send("GET / HTTP/1.0\r\n\r\n");
  CHECK(old.Receive().status == 200);
  CHECK(backend.last_request().All("Host") ==
        std::vector<std::string>{"127.0.0.1:" + std::to_string(backend.port())});
}

TEST_CASE("end-to-end fields reach the backend as they are, in order, repeated ones too") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer
            .Get("/",
                 "X-First: 1\r\nAuthorization: Bearer t\r\nX-Dup: a\r\nCookie: a=b; c=\"d\"\r\n"
                 "X-Dup: b, c\r\nX-Empty:\r\nx-lower: \xC3\xA9\r\nX-Last:  spaced \t out  \r\n")
            .status == 200);
  const auto request = backend.last_request();
  CHECK(request.Field("Authorization") == "Bearer t");
  CHECK(request.Field("Cookie") == "a=b; c=\"d\"");
  CHECK(request.All("X-Dup") == std::vector<std::string>{"a", "b, c"});
  CHECK(request.Has("X-Empty"));
  CHECK(request.Field("x-lower") == "\xC3\xA9");
  CHECK(request.Field("X-Last") == "spaced \t out");
  const auto names = NamesOf(request);
  const auto at = [&](const char* name) { return std::find(names.begin(), names.end(), name); };
  CHECK(at("X-First") < at("X-Dup"));
  CHECK(at("X-Dup") < at("X-Last"));
}

TEST_CASE("hop-by-hop fields stay here, those that Connection names included") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer
            .Get("/",
                 "Connection: keep-alive, X-Hop\r\nConnection: x-other\r\nX-Hop: 1\r\n"
                 "X-Other: 2\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"
                 "TE: trailers\r\nUpgrade: websocket\r\nX-Stays: 3\r\n")
            .status == 200);
  const auto request = backend.last_request();
  for (const char* gone : {"X-Hop", "X-Other", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade"}) {
    INFO(gone);
    CHECK_FALSE(request.Has(gone));
  }
  CHECK(request.Field("X-Stays") == "3");
  CHECK(request.Field("Connection").find("ther") == std::string::npos);
}

TEST_CASE("a Connection field cannot take away what tells the backend who asks") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get("/", "Connection: close, X-Forwarded-For, X-Request-ID, Host\r\n").status ==
        200);
  const auto request = backend.last_request();
  CHECK(request.Field("X-Forwarded-For") == "127.0.0.1");
  CHECK(request.Has("X-Request-ID"));
  CHECK(request.Has("Host"));
}

TEST_CASE("X-Forwarded-For is appended to, Proto and Host are ours") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get().status == 200);
  CHECK(backend.last_request().All("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"});
  CHECK(backend.last_request().All("X-Forwarded-Proto") == std::vector<std::string>{"http"});
  CHECK(backend.last_request().All("X-Forwarded-Host") == std::vector<std::string>{"example.com"});

  CHECK(balancer
            .Get("/",
                 "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\n"
                 "X-Forwarded-For: 5.6.7.8, 9.9.9.9\r\nX-Forwarded-Host: fake.example\r\n")
            .status == 200);
  const auto request = backend.last_request();
  std::string chain;
  for (const auto& line : request.All("X-Forwarded-For")) {
    chain += (chain.empty() ? "" : ", ") + line;
  }
  CHECK(chain == "1.2.3.4, 5.6.7.8, 9.9.9.9, 127.0.0.1");
  CHECK(request.All("X-Forwarded-Proto") == std::vector<std::string>{"http"});
  CHECK(request.All("X-Forwarded-Host") == std::vector<std::string>{"example.com"});
}

TEST_CASE("a trusted proxy's X-Forwarded-Proto and -Host are kept") {
  ScriptedBackend backend(Ok());
  Balancer balancer(
      BalancerConfig().Backend(backend).Set("rate_limit.trusted_proxies", "[127.0.0.1/32]"));
  const std::string fields =
      "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n";
  CHECK(balancer.Get("/", fields).status == 200);
  CHECK(backend.last_request().All("X-Forwarded-Proto") == std::vector<std::string>{"https"});
  CHECK(backend.last_request().All("X-Forwarded-Host") == std::vector<std::string>{"shop.example"});
  CHECK(backend.last_request().Field("X-Forwarded-For") == "1.2.3.4, 127.0.0.1");

  auto stranger = balancer.Connect({.source = "127.0.0.2"});
  CHECK(stranger.Get("/", fields).status == 200);
  CHECK(backend.last_request().All("X-Forwarded-Proto") == std::vector<std::string>{"http"});
  CHECK(backend.last_request().Field("X-Forwarded-For") == "1.2.3.4, 127.0.0.2");
}

TEST_CASE("X-Request-ID is kept or made, and told to the client") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Workers(2));
  auto response = balancer.Get("/", "X-Request-ID: from-the-client\r\n");
  CHECK(response.All("X-Request-ID") == std::vector<std::string>{"from-the-client"});
  CHECK(backend.last_request().All("X-Request-ID") == std::vector<std::string>{"from-the-client"});

  std::vector<std::string> made;
  for (int i = 0; i < 100; ++i) {
    response = balancer.Get();
    CHECK(response.All("X-Request-ID") == backend.last_request().All("X-Request-ID"));
    REQUIRE_FALSE(response.Field("X-Request-ID").empty());
    made.push_back(response.Field("X-Request-ID"));
  }
  std::sort(made.begin(), made.end());
  CHECK(std::unique(made.begin(), made.end()) == made.end());
}
