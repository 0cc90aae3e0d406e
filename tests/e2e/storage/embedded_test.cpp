#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §5 over the embedded store.

using namespace balancer::e2e;

TEST_CASE("the embedded store keeps limits over restarts, and over a kill") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  REQUIRE(balancer.CreateLimit("a", "10", "0.2") == 201);
  balancer.Restart();
  CHECK(balancer.GetLimit("a") == "10/0.2");
  REQUIRE(balancer.UpdateLimit("a", "11", "1") == 204);
  balancer.process().Signal(SIGKILL);
  REQUIRE(balancer.process().Wait() == -SIGKILL);
  balancer.Restart();
  CHECK(balancer.GetLimit("a") == "11/1");
  REQUIRE(balancer.DeleteLimit("a") == 204);
  balancer.Restart();
  CHECK(balancer.GetLimit("a") == "404");
}

TEST_CASE("limits that were kept hold from the first request on") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  REQUIRE(balancer.CreateLimit("a", "1", "0.0001") == 201);
  balancer.Restart();
  CHECK(balancer.Get("/", "X-API-Key: a\r\n").status == 200);
  CHECK(balancer.Get("/", "X-API-Key: a\r\n").status == 429);
}

TEST_CASE("migrate works on the embedded store") {
  const TempDir dir;
  const auto file =
      dir.Write("config.yaml", BalancerConfig()
                                   .Backend("http://127.0.0.1:1")
                                   .Set("embedded_db.path", (dir.path() / "here.db").string())
                                   .Yaml());
  for (const std::string verb : {"status", "up", "status", "down", "up"}) {
    const auto finished = RunBalancer({"migrate", verb, "--config-path", file});
    INFO(verb << ": " << finished.output);
    CHECK(finished.exit_code == 0);
  }
  CHECK(std::filesystem::exists(dir.path() / "here.db"));
}

TEST_CASE("a store that is no database is a clear error and exit 1") {
  const TempDir dir;
  const std::string path = GENERATE(as<std::string>(), "garbage.db", "no/such/directory/x.db");
  dir.Write("garbage.db", std::string(8192, 'x'));
  const auto file =
      dir.Write("config.yaml", BalancerConfig()
                                   .Backend("http://127.0.0.1:1")
                                   .Set("embedded_db.path", (dir.path() / path).string())
                                   .Yaml());
  const auto finished = RunBalancer({"migrate", "up", "--config-path", file});
  CHECK(finished.exit_code == 1);
  CHECK_FALSE(finished.output.empty());
}
