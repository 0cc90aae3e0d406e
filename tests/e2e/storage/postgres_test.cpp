#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"
#include "tests/e2e/support/load.hpp"

// CONTRACT §5 over PostgreSQL: what is kept, who hears of it, and life without the database.

using namespace balancer::e2e;

namespace {

const std::string kNoRefill = "0.0001";

std::string Key(const std::string& key) {
  return "X-API-Key: " + key + "\r\n";
}

bool BecomesReady(const Balancer& balancer, int status) {
  return Eventually([&] { return balancer.Admin("GET", "/readyz").status == status; });
}

// 503 with Retry-After; "" or what is wrong.
std::string UnavailableMistake(const Response& response) {
  const auto mistake = ProblemMistake(response, 503);
  return mistake.empty() && !response.Has("Retry-After") ? "no Retry-After" : mistake;
}

// Two balancers on one database.
struct TwoInstances {
  BalancerConfig Config() const {
    return BalancerConfig().Backend(backend).Database(server, database);
  }

  Postgres& server = Postgres::Running();
  const std::string database = server.CreateDatabase();
  ScriptedBackend backend{Ok()};
  Balancer here{Config()};
  Balancer there{Config()};
};

}  // namespace

TEST_CASE("limits are rows of clients_limits") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Database(server, database));
  REQUIRE(balancer.CreateLimit("a", "10", "0.2") == 201);
  REQUIRE(balancer.CreateLimit("a", "10", "0.2") == 409);
  const std::string select = "SELECT client_id, capacity, rate_per_sec FROM clients_limits";
  CHECK(server.Sql(database, select) == "a|10|0.2");
  REQUIRE(balancer.UpdateLimit("a", "11", "1") == 204);
  CHECK(server.Sql(database, select) == "a|11|1");
  CHECK(balancer.GetLimit("a") == "11/1");
  REQUIRE(balancer.DeleteLimit("a") == 204);
  CHECK(balancer.GetLimit("a") == "404");
  CHECK(server.Sql(database, select) == "");
}

TEST_CASE("the database itself refuses what is out of range") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Database(server, database));
  const std::string insert =
      "INSERT INTO clients_limits (client_id, capacity, rate_per_sec) VALUES ";
  for (const std::string values :
       {"('a', 0, 1)", "('a', 1000000001, 1)", "('a', 1, 0)", "('a', 1, 1000000001)",
        "('a', 1, 'NaN')", "('', 1, 1)", "(NULL, 1, 1)"}) {
    INFO(values);
    CHECK_THROWS(server.Sql(database, insert + values));
  }
  server.Sql(database, insert + "('a', 1, 1)");
  CHECK_THROWS(server.Sql(database, insert + "('a', 2, 2)"));
}

TEST_CASE("unknown clients are not written to storage") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(
      BalancerConfig().Backend(backend).Database(server, database).DefaultLimits("5", "1"));
  for (int i = 0; i < 10; ++i) {
    CHECK(balancer.Get("/", Key(std::to_string(i))).status == 200);
  }
  CHECK(server.Sql(database, "SELECT count(*) FROM clients_limits") == "0");
}

TEST_CASE("a change is seen by another instance within a second, and so is one made by hand") {
  TwoInstances two;
  auto client = two.there.Connect();
  const auto limited = [&](bool wanted) {
    return Eventually([&] { return (client.Get("/", Key("a")).status == 429) == wanted; },
                      kSanitized ? 5s : 1s);
  };
  CHECK(limited(false));
  REQUIRE(two.here.CreateLimit("a", "1", kNoRefill) == 201);
  CHECK(limited(true));
  REQUIRE(two.here.UpdateLimit("a", "1000000", "1000000") == 204);
  CHECK(limited(false));
  REQUIRE(two.here.UpdateLimit("a", "1", kNoRefill) == 204);
  CHECK(limited(true));
  REQUIRE(two.here.DeleteLimit("a") == 204);
  CHECK(limited(false));

  two.server.Sql(
      two.database,
      "INSERT INTO clients_limits (client_id, capacity, rate_per_sec) VALUES ('a', 1, 1e-4)");
  CHECK(limited(true));
  two.server.Sql(two.database,
                 "UPDATE clients_limits SET capacity = 1000000, rate_per_sec = 1000000");
  CHECK(limited(false));
  two.server.Sql(two.database, "UPDATE clients_limits SET capacity = 1, rate_per_sec = 0.0001");
  CHECK(limited(true));
  two.server.Sql(two.database, "DELETE FROM clients_limits");
  CHECK(limited(false));
}

TEST_CASE("a change holds at another instance whether or not the client comes in the meantime") {
  TwoInstances two;
  auto client = two.there.Connect();
  REQUIRE(two.here.CreateLimit("a", "1", kNoRefill) == 201);
  REQUIRE(Eventually([&] { return client.Get("/", Key("a")).status == 429; }, 5s));

  REQUIRE(two.here.UpdateLimit("a", "1", "100") == 204);
  std::this_thread::sleep_for(1s);  // nobody asks: there is nothing to poll
  CHECK(client.Get("/", Key("a")).status == 200);
}

TEST_CASE("with PostgreSQL stopped under load, known clients go on and unknown get the defaults") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Workers(2)
                        .Database(server, database)
                        .DefaultLimits("2", kNoRefill));
  REQUIRE(balancer.CreateLimit("known", "1000000", "1000000") == 201);
  REQUIRE(balancer.CreateLimit("spent", "1", kNoRefill) == 201);
  CHECK(balancer.Get("/", Key("spent")).status == 200);
  Load load(balancer.port(), {.connections = 2, .fields = Key("known")});
  REQUIRE(load.WaitForMore(100));

  server.Stop();
  REQUIRE(load.WaitForMore(100));
  INFO("a bucket that was empty stays empty");
  CHECK(balancer.Get("/", Key("spent")).status == 429);
  CHECK(balancer.Get("/", Key("new")).status == 200);
  CHECK(balancer.Get("/", Key("new")).status == 200);
  CHECK(balancer.Get("/", Key("new")).status == 429);
  CHECK(BecomesReady(balancer, 503));
  CHECK_THAT(balancer.Admin("GET", "/readyz").body, Catch::Contains("storage"));
  CHECK(balancer.Admin("GET", "/healthz").status == 200);
  CHECK(UnavailableMistake(balancer.Get("/limits/get?client_id=known")) == "");
  CHECK(UnavailableMistake(balancer.Call("POST", "/limits/create", "", LimitJson("b", "1", "1"))) ==
        "");

  server.Start();
  CHECK(BecomesReady(balancer, 200));
  CHECK(balancer.GetLimit("known") == "1000000/1000000");
  CHECK(balancer.CreateLimit("b", "1", kNoRefill) == 201);
  CHECK(balancer.Get("/", Key("b")).status == 200);
  CHECK(balancer.Get("/", Key("b")).status == 429);
  const auto seen = load.Finish();
  INFO(seen.first_failure);
  CHECK(seen.ok() == seen.total());
}

TEST_CASE("changes made while the connection was lost are found when it is back") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Database(server, database));
  REQUIRE(balancer.CreateLimit("a", "1000", kNoRefill) == 201);
  CHECK(balancer.Get("/", Key("a")).status == 200);
  server.Stop();
  REQUIRE(BecomesReady(balancer, 503));
  server.Start();
  server.Sql(database, "UPDATE clients_limits SET capacity = 1");
  CHECK(Eventually([&] { return balancer.Get("/", Key("a")).status == 429; }));
}

TEST_CASE("on_storage_error: reject turns unknown clients away, and only those") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Database(server, database)
                        .DefaultLimits("1000", "1000")
                        .Set("rate_limit.on_storage_error", "reject"));
  CHECK(balancer.Get("/", Key("known")).status == 200);
  server.Stop();
  REQUIRE(BecomesReady(balancer, 503));
  const auto before = backend.request_count();
  CHECK(UnavailableMistake(balancer.Get("/", Key("unknown"))) == "");
  CHECK(backend.request_count() == before);
  CHECK(balancer.Get("/", Key("known")).status == 200);
  server.Start();
  CHECK(Eventually([&] { return balancer.Get("/", Key("unknown")).status == 200; }));
}

TEST_CASE("with the database down from the start the balancer serves, and migrates it later") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  server.Stop();
  ScriptedBackend backend(Ok());
  Balancer balancer(
      BalancerConfig().Backend(backend).Database(server, database).DefaultLimits("1", kNoRefill));
  CHECK(balancer.Get().status == 200);
  CHECK(balancer.Get().status == 429);
  CHECK(balancer.Admin("GET", "/readyz").status == 503);
  CHECK(balancer.CreateLimit("a", "1", "1") == 503);
  server.Start();
  CHECK(BecomesReady(balancer, 200));
  CHECK(balancer.CreateLimit("a", "1", "1") == 201);
  CHECK(server.Sql(database, "SELECT client_id FROM clients_limits") == "a");
}

TEST_CASE("connections that the server ends by hand are made anew") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Database(server, database));
  REQUIRE(balancer.CreateLimit("a", "1", "1") == 201);
  server.Sql(
      "clients_db",
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database + "'");
  CHECK(Eventually([&] { return balancer.GetLimit("a") == "1/1"; }));
  CHECK(BecomesReady(balancer, 200));
}

TEST_CASE("no error of the database's own reaches a client") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Database(server, database));
  REQUIRE(balancer.CreateLimit("a", "1", "1") == 201);
  server.Sql(database, "ALTER TABLE clients_limits RENAME TO elsewhere");
  const auto response = balancer.Get("/limits/get?client_id=a");
  CHECK(response.status >= 500);
  for (const char* leak : {"clients_limits", "relation", "SQL", "pqxx", "ERROR"}) {
    INFO(response.body);
    CHECK(response.body.find(leak) == std::string::npos);
  }
}
