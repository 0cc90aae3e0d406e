#include "internal/repository/migration.hpp"

#include <catch2/catch.hpp>

using namespace balancer::repository;
using balancer::model::ErrorCode;

TEST_CASE("a migration's two parts are told apart and its annotations left out") {
  const auto migrations = ParseMigrations({{"00002_b.sql",
                                            "-- what it is for\n"
                                            "-- +goose Up\n"
                                            "-- +goose StatementBegin\n"
                                            "CREATE FUNCTION f() AS $$ a; b; $$;\n"
                                            "  --   +goose StatementEnd  \r\n"
                                            "SELECT 1;\n"
                                            "-- +goose Down\n"
                                            "DROP FUNCTION f();"},
                                           {"00001_a.sql", "-- +goose Up\nSELECT 0;\n"}});
  REQUIRE(migrations);
  REQUIRE(migrations->size() == 2);
  CHECK(migrations->at(0).version == 1);
  CHECK(migrations->at(0).name == "00001_a.sql");
  CHECK(migrations->at(0).up == "SELECT 0;\n");
  CHECK(migrations->at(0).down.empty());
  CHECK(migrations->at(1).version == 2);
  CHECK(migrations->at(1).up == "CREATE FUNCTION f() AS $$ a; b; $$;\nSELECT 1;\n");
  CHECK(migrations->at(1).down == "DROP FUNCTION f();");
}

TEST_CASE("what is no migration that we can run is refused by name") {
  const std::vector<MigrationFile> files = GENERATE(values<std::vector<MigrationFile>>({
      {{"x_bad.sql", "-- +goose Up\nSELECT 1;"}},
      {{"00000_bad.sql", "-- +goose Up\nSELECT 1;"}},
      {{"1bad.sql", "-- +goose Up\nSELECT 1;"}},
      {{"1_bad.txt", "-- +goose Up\nSELECT 1;"}},
      {{"1_bad.sql", "SELECT 1;"}},
      {{"1_bad.sql", "-- +goose Up\n-- +goose Down\nSELECT 1;"}},
      {{"1_bad.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1;"}},
      {{"1_bad.sql", "-- +goose Up\nSELECT 1;"}, {"01_b.sql", "-- +goose Up\nSELECT 1;"}},
  }));
  const auto migrations = ParseMigrations(files);
  REQUIRE_FALSE(migrations);
  CHECK(migrations.error().code == ErrorCode::config_invalid);
  CHECK(migrations.error().detail.find("bad") != std::string::npos);
}

TEST_CASE("the migrations built into the program parse, and go back as far as they go forward") {
  const auto& files = GENERATE(true, false) ? PostgresMigrationFiles() : SqliteMigrationFiles();
  const auto migrations = ParseMigrations(files);
  REQUIRE(migrations);
  REQUIRE_FALSE(migrations->empty());
  CHECK(migrations->front().name == "00001_clients_limits.sql");
  for (std::size_t i = 0; i < migrations->size(); ++i) {
    CHECK(migrations->at(i).version == static_cast<std::int64_t>(i + 1));
    CHECK_FALSE(migrations->at(i).down.empty());
  }
}
