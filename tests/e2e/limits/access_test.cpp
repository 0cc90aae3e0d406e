#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §4: who may use the control plane, and what the admin listener has of its own.

using namespace balancer::e2e;

namespace {

const std::string kGet = "/limits/get?client_id=a";

std::string Bearer(const std::string& token) {
  return "Authorization: Bearer " + token + "\r\n";
}

}  // namespace

TEST_CASE("with a token set, it is asked for on both listeners") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("admin.token", "s3cret"));
  for (const auto port : {balancer.port(), balancer.admin_port()}) {
    for (const std::string& fields :
         {std::string(), Bearer("wrong"), Bearer("s3cre"), Bearer("s3cret2"), Bearer(""),
          std::string("Authorization: Basic s3cret\r\n"), std::string("Authorization: s3cret\r\n"),
          Bearer("s3cret") + Bearer("wrong")}) {
      INFO(fields);
      const auto response = Get(port, kGet, fields);
      CHECK(ProblemMistake(response, 401) == "");
      CHECK(response.Field("WWW-Authenticate").starts_with("Bearer"));
    }
    CHECK(Get(port, kGet, Bearer("s3cret")).status == 404);
    CHECK(Get(port, kGet, "authorization: bearer s3cret\r\n").status == 404);
    INFO("the token is enough, from wherever it comes");
    CHECK(Get(port, kGet, Bearer("s3cret") + "X-Forwarded-For: 1.2.3.4\r\n").status == 404);
  }
  CHECK(backend.request_count() == 0);
  INFO("forwarded requests need none");
  CHECK(balancer.Get().status == 200);
}

TEST_CASE("a path that does not exist tells strangers nothing more than one that does") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("admin.token", "s3cret"));
  CHECK(balancer.Get("/limits/other").status == 401);
  CHECK(balancer.Call("POST", kGet).status == 401);
}

TEST_CASE("BALANCER_ADMIN_TOKEN goes over the file") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Set("admin.token", "from-file")
                        .Environment("BALANCER_ADMIN_TOKEN=from-environment"));
  CHECK(balancer.Get(kGet, Bearer("from-file")).status == 401);
  CHECK(balancer.Get(kGet, Bearer("from-environment")).status == 404);
}

TEST_CASE("without a token, only peers in admin.allow may, and not through a proxy") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("admin.allow", "[127.0.0.1/32]"));
  for (const auto port : {balancer.port(), balancer.admin_port()}) {
    CHECK(Get(port, kGet).status == 404);
    for (const std::string field : {"X-Forwarded-For: 127.0.0.1", "X-Forwarded-For:",
                                    "Forwarded: for=127.0.0.1", "forwarded: for=_hidden"}) {
      INFO(field);
      CHECK(ProblemMistake(Get(port, kGet, field + "\r\n"), 403) == "");
    }
    HttpClient stranger(port, {.source = "127.0.0.2"});
    CHECK(ProblemMistake(stranger.Get(kGet), 403) == "");
    CHECK(ProblemMistake(stranger.Call("POST", "/limits/create", "", LimitJson("a", "1", "1")),
                         403) == "");
  }
  CHECK(balancer.GetLimit("a") == "404");
  CHECK(backend.request_count() == 0);
}

TEST_CASE("an Authorization field is of no use where no token is set") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("admin.allow", "[10.0.0.0/8]"));
  CHECK(balancer.Get(kGet, Bearer("")).status == 403);
  CHECK(balancer.Get(kGet, Bearer("anything")).status == 403);
}

TEST_CASE("/healthz and /readyz are the admin listener's, open to all who reach it") {
  ScriptedBackend backend(Ok("backend"));
  Balancer balancer(
      BalancerConfig().Backend(backend).Set("admin.token", "s3cret").Set("admin.allow", "[]"));
  CHECK(balancer.Admin("GET", "/healthz").status == 200);
  CHECK(balancer.Admin("GET", "/readyz").status == 200);
  CHECK(balancer.Get("/healthz").body == "backend");
  CHECK(balancer.Get("/readyz").body == "backend");
}

TEST_CASE("the admin listener forwards nothing") {
  ScriptedBackend backend(Ok("backend"));
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string path : {"/", "/other", "/healthz/x", "/limits"}) {
    INFO(path);
    CHECK(ProblemMistake(balancer.Admin("GET", path), 404) == "");
  }
  CHECK(backend.request_count() == 0);
}

TEST_CASE("/readyz is 503 and says why while no backend is healthy") {
  ScriptedBackend backend(Ok());
  backend.SetHealth(ScriptedBackend::Health::failing);
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto response = balancer.Admin("GET", "/readyz");
  CHECK(response.status == 503);
  CHECK_THAT(response.body, Catch::Contains("backend"));
  CHECK(balancer.Admin("GET", "/healthz").status == 200);
  backend.SetHealth(ScriptedBackend::Health::passing);
  CHECK(Eventually([&] { return balancer.Admin("GET", "/readyz").status == 200; }));
}

TEST_CASE("admin.port 0 means no admin listener") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("admin.port", "0"));
  CHECK(balancer.Get().status == 200);
  CHECK(balancer.GetLimit("a") == "404");
}
