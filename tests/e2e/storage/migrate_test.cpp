#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §1 and §5: `balancer migrate`, and databases of another version.

using namespace balancer::e2e;

namespace {

bool HasTable(const Postgres& server, const std::string& database) {
  return server.Sql(database, "SELECT to_regclass('clients_limits') IS NOT NULL") == "t";
}

}  // namespace

TEST_CASE("migrate up, status and down work on PostgreSQL, --config-path before or after") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  const TempDir dir;
  const auto file =
      dir.Write("config.yaml",
                BalancerConfig().Backend("http://127.0.0.1:1").Database(server, database).Yaml());
  const auto migrate = [&](std::vector<std::string> arguments) {
    const auto finished = RunBalancer(arguments);
    INFO(finished.output);
    CHECK(finished.exit_code == 0);
    return finished.output;
  };

  const auto before = migrate({"migrate", "status", "--config-path", file});
  CHECK_FALSE(HasTable(server, database));
  migrate({"migrate", "--config-path", file, "up"});
  CHECK(HasTable(server, database));
  const auto after = migrate({"--config-path", file, "migrate", "status"});
  CHECK(before != after);
  migrate({"migrate", "up", "-c", file});
  CHECK(migrate({"migrate", "status", "--config", file}) == after);

  const auto version = [&] {
    return server.Sql(database, "SELECT count(*) FROM goose_db_version WHERE version_id > 0");
  };
  const int migrations = std::stoi(version());
  REQUIRE(migrations >= 1);
  INFO("one step at a time");
  for (int left = migrations; left > 0; --left) {
    CHECK(version() == std::to_string(left));
    migrate({"migrate", "down", "--config-path", file});
  }
  CHECK(version() == "0");
  CHECK_FALSE(HasTable(server, database));
  migrate({"migrate", "up", "--config-path", file});
  CHECK(HasTable(server, database));
}

TEST_CASE("several balancers that start on one empty database migrate it once") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  const auto config = [&] { return BalancerConfig().Backend(backend).Database(server, database); };
  Balancer one(config(), Balancer::Wait::not_at_all);
  Balancer two(config(), Balancer::Wait::not_at_all);
  one.WaitUntilItServes();
  two.WaitUntilItServes();
  CHECK(one.CreateLimit("a", "1", "1") == 201);
  CHECK(two.GetLimit("a") == "1/1");
}

TEST_CASE("a database newer than the program is refused with exit 1") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  const auto config = BalancerConfig().Backend(backend).Database(server, database);
  {
    Balancer migrates(config);
    REQUIRE(Eventually([&] { return migrates.Admin("GET", "/readyz").status == 200; }));
  }
  server.Sql(database,
             "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99991231235959, true)");
  const TempDir dir;
  const auto finished = RunBalancer({"--config-path", dir.Write("config.yaml", config.Yaml())});
  CHECK(finished.exit_code == 1);
  CHECK_THAT(finished.output, Catch::Contains("99991231235959") || Catch::Contains("newer"));
}

TEST_CASE("migrate fails clearly when the database cannot be reached") {
  auto& server = Postgres::Running();
  const TempDir dir;
  const auto file = dir.Write(
      "config.yaml",
      BalancerConfig().Backend("http://127.0.0.1:1").Database(server, "no_such_database").Yaml());
  const auto finished = RunBalancer({"migrate", "up", "--config-path", file});
  CHECK(finished.exit_code == 1);
  CHECK_FALSE(finished.output.empty());
}

TEST_CASE("PG_ variables of the environment go over the file") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Database(server, "not_this_one")
                        .Set("db.db_host", "192.0.2.1")
                        .Set("db.db_port", "1")
                        .Set("db.db_user", "nobody")
                        .Environment("PG_HOST=127.0.0.1")
                        .Environment("PG_PORT=" + std::to_string(server.port()))
                        .Environment("PG_USER=admin")
                        .Environment("PG_PASSWORD=unused")
                        .Environment("PG_SSLMODE=disable")
                        .Environment("PG_DATABASE_NAME=" + database));
  REQUIRE(balancer.CreateLimit("a", "1", "1") == 201);
  CHECK(server.Sql(database, "SELECT client_id FROM clients_limits") == "a");
}
