#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"
#include "tests/e2e/support/load.hpp"

// CONTRACT §3, token bucket: how many get through, and when a change holds.

using namespace balancer::e2e;

namespace {

// So little a second that no test lasts until the next token.
const std::string kNoRefill = "0.0001";

// One status a request, on one connection: "200 200 429".
std::string Statuses(HttpClient& client, int count, const std::string& fields = "") {
  std::string statuses;
  for (int i = 0; i < count; ++i) {
    statuses += (i > 0 ? " " : "") + std::to_string(client.Get("/", fields).status);
  }
  return statuses;
}

const std::string kKey = "X-API-Key: key\r\n";

}  // namespace

TEST_CASE("capacity 10 at 5 a second, hammered for 4 s by 8 connections over 4 workers: 30") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Workers(4));
  REQUIRE(balancer.CreateLimit("key", "10", "5") == 201);

  const auto begin = SteadyClock::now();
  Load load(balancer.port(), {.connections = 8, .fields = kKey});
  CHECK_FALSE(Eventually([] { return false; }, 4s));
  const auto seen = load.Finish();
  const std::chrono::duration<double> seconds = SteadyClock::now() - begin;

  const double expected = 10 + 5 * seconds.count();
  INFO("in " << seconds.count() << " s, with " << seen.total() << " requests");
  CHECK(seen.ok() <= expected);
  CHECK(seen.ok() >= expected - 2);
  CHECK(seen.ok() + seen.statuses.at(429) == seen.total());
  INFO("what was refused has cost the backend nothing");
  CHECK(backend.request_count() == static_cast<std::size_t>(seen.ok()));
}

TEST_CASE("a refusal says when to come again") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto [rate, wait] = GENERATE(
      table<std::string, std::string>({{"0.05", "20"}, {"0.4", "3"}, {"0.9", "2"}, {"1", "1"}}));
  REQUIRE(balancer.CreateLimit("key", "1", rate) == 201);
  auto client = balancer.Connect();
  CHECK(client.Get("/", kKey).status == 200);
  const auto refused = client.Get("/", kKey);
  CHECK(ProblemMistake(refused, 429) == "");
  INFO("rate " << rate << ", whole seconds rounded up");
  CHECK(refused.Field("Retry-After") == wait);
}

TEST_CASE("a refused request with a body leaves the connection in order") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).DefaultLimits("1", kNoRefill));
  auto client = balancer.Connect();
  CHECK(client.Get().status == 200);
  const auto refused = client.Call("POST", "/", "", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(refused.status == 429);
  if (refused.Field("Connection") != "close") CHECK(client.Get().status == 429);
  CHECK(backend.request_count() == 1);
}

TEST_CASE("an unknown client has default_limits; without them it is not limited") {
  ScriptedBackend backend(Ok());
  {
    Balancer balancer(BalancerConfig().Backend(backend).DefaultLimits("3", kNoRefill));
    auto client = balancer.Connect();
    CHECK(Statuses(client, 5, kKey) == "200 200 200 429 429");
    CHECK(balancer.GetLimit("key") == "404");
  }
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(Load(balancer.port(), {.connections = 2, .requests = 500}).Finish().ok() == 500);
}

TEST_CASE("a limit that is created, changed or deleted holds for the very next request") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Workers(2));
  auto client = balancer.Connect();
  for (int round = 0; round < 20; ++round) {
    CHECK(Statuses(client, 3, kKey) == "200 200 200");
    REQUIRE(balancer.CreateLimit("key", "2", kNoRefill) == 201);
    CHECK(Statuses(client, 3, kKey) == "200 200 429");
    REQUIRE(balancer.UpdateLimit("key", "1000", "1000000") == 204);
    CHECK(Statuses(client, 3, kKey) == "200 200 200");
    REQUIRE(balancer.UpdateLimit("key", "1", kNoRefill) == 204);
    CHECK(Statuses(client, 2, kKey) == "200 429");
    REQUIRE(balancer.DeleteLimit("key") == 204);
  }
}

TEST_CASE("a change keeps the tokens a client has, clamped to the new capacity") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).DefaultLimits("100", kNoRefill));
  auto client = balancer.Connect();
  REQUIRE(balancer.CreateLimit("key", "5", kNoRefill) == 201);
  CHECK(Statuses(client, 2, kKey) == "200 200");
  REQUIRE(balancer.UpdateLimit("key", "50", kNoRefill) == 204);
  CHECK(Statuses(client, 4, kKey) == "200 200 200 429");
  REQUIRE(balancer.UpdateLimit("key", "50", "1000000") == 204);
  CHECK(client.Get("/", kKey).status == 200);
  REQUIRE(balancer.UpdateLimit("key", "2", kNoRefill) == 204);
  CHECK(Statuses(client, 3, kKey) == "200 200 429");
}

TEST_CASE("the limits API costs no tokens, and is there for a client that has none left") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).DefaultLimits("1", kNoRefill));
  auto client = balancer.Connect();
  CHECK(client.Get("/limits/get?client_id=x").status == 404);
  CHECK(Statuses(client, 2) == "200 429");
  CHECK(client.Get("/limits/get?client_id=x").status == 404);
}

TEST_CASE("rate_limit.enabled: false limits nobody") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .DefaultLimits("1", kNoRefill)
                        .Set("rate_limit.enabled", "false"));
  auto client = balancer.Connect();
  CHECK(Statuses(client, 5) == "200 200 200 200 200");
}

TEST_CASE("more clients than max_clients are served, and the busy one stays limited") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .DefaultLimits("1", "1000")  // full again at once: dropped first
                        .Set("rate_limit.max_clients", "100"));
  REQUIRE(balancer.CreateLimit("key", "2", kNoRefill) == 201);
  auto client = balancer.Connect();
  CHECK(Statuses(client, 3, kKey) == "200 200 429");
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(client.Get("/", "X-API-Key: other" + std::to_string(i) + "\r\n").status == 200);
    if (i % 10 == 0) REQUIRE(client.Get("/", kKey).status == 429);
  }
}
