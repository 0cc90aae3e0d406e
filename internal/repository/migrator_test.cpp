#include "internal/repository/migrator.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ErrorCode;
using testing::Postgres;
using testing::Sqlite;

namespace {

using Names = std::vector<std::string>;

const Migration kOne{1, "1_one.sql", "CREATE TABLE one (x int); CREATE TABLE uno (x int);",
                     "DROP TABLE one; DROP TABLE uno;"};
const Migration kTwo{2, "2_two.sql", "CREATE TABLE two (x int);", "DROP TABLE two;"};
const Migration kBroken{3, "3_broken.sql", "CREATE TABLE three (x int); CREATE TABLE one (x int);",
                        "DROP TABLE three; DROP TABLE no_such_table;"};

template <typename Database>
bool HasTable(const Database& database, const std::string& name) {
  try {
    database.Query("SELECT count(*) FROM " + name);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// goose_db_version as goose reads it: "0t 1t".
template <typename Database>
std::string History(const Database& database) {
  std::string history;
  const auto count = std::stoi(database.Query("SELECT count(*) FROM goose_db_version"));
  for (int i = 0; i < count; ++i) {
    history += (history.empty() ? "" : " ") +
               database.Query(
                   "SELECT version_id || CASE WHEN is_applied THEN 't' ELSE 'f' END FROM "
                   "goose_db_version ORDER BY id LIMIT 1 OFFSET " +
                   std::to_string(i));
  }
  return history;
}

}  // namespace

TEMPLATE_TEST_CASE("migrations go up, each once, and down, one at a time", "", Postgres, Sqlite) {
  TestType database;
  const auto migrator = database.MigratorOf({kOne, kTwo});
  CHECK(migrator->Pending().value() == Names{"1_one.sql", "2_two.sql"});
  CHECK_FALSE(HasTable(database, "goose_db_version"));

  CHECK(migrator->Up().value() == Names{"1_one.sql", "2_two.sql"});
  CHECK(History(database) == "0t 1t 2t");
  CHECK(HasTable(database, "uno"));
  CHECK(HasTable(database, "two"));
  CHECK(migrator->Pending().value().empty());
  CHECK(migrator->Up().value().empty());
  CHECK(History(database) == "0t 1t 2t");

  CHECK(migrator->Down().value() == "2_two.sql");
  CHECK(History(database) == "0t 1t");
  CHECK_FALSE(HasTable(database, "two"));
  CHECK(migrator->Down().value() == "1_one.sql");
  CHECK(migrator->Down().value() == std::nullopt);
  CHECK(History(database) == "0t");

  CHECK(migrator->Up().value().size() == 2);
  CHECK(HasTable(database, "two"));
}

TEMPLATE_TEST_CASE("the status tells what is applied, and since when", "", Postgres, Sqlite) {
  TestType database;
  REQUIRE(database.MigratorOf({kOne})->Up());
  const auto status = database.MigratorOf({kOne, kTwo})->Status().value();
  REQUIRE(status.size() == 2);
  CHECK(status[0].name == "1_one.sql");
  CHECK(status[0].applied);
  CHECK(status[0].applied_at.substr(0, 2) == "20");
  CHECK(status[1].version == 2);
  CHECK_FALSE(status[1].applied);
  CHECK(status[1].applied_at.empty());
}

TEMPLATE_TEST_CASE("a program goes on where an older one stopped", "", Postgres, Sqlite) {
  TestType database;
  REQUIRE(database.MigratorOf({kOne})->Up());
  CHECK(database.MigratorOf({kOne, kTwo})->Up().value() == Names{"2_two.sql"});
}

TEMPLATE_TEST_CASE("a database newer than the program is refused", "", Postgres, Sqlite) {
  TestType database;
  REQUIRE(database.MigratorOf({kOne, kTwo})->Up());
  const auto older = database.MigratorOf({kOne});
  for (const auto& code :
       {older->Up().error().code, older->Down().error().code, older->Pending().error().code}) {
    CHECK(code == ErrorCode::config_invalid);
  }
  CHECK(older->Up().error().detail.find("version 2, newer than this program") != std::string::npos);
  CHECK(History(database) == "0t 1t 2t");
  const auto status = older->Status().value();
  REQUIRE(status.size() == 2);
  CHECK(status[1].applied);
  CHECK(status[1].name.empty());
}

TEMPLATE_TEST_CASE("a broken migration leaves nothing behind", "", Postgres, Sqlite) {
  TestType database;
  const auto migrator = database.MigratorOf({kOne, kTwo, kBroken});
  const auto up = migrator->Up();
  REQUIRE_FALSE(up);
  CHECK(up.error().code == ErrorCode::storage_failed);
  CHECK(up.error().detail.find("3_broken.sql") != std::string::npos);
  CHECK(History(database) == "0t 1t 2t");
  CHECK_FALSE(HasTable(database, "three"));

  database.Query("CREATE TABLE three (x int)");
  database.Query("INSERT INTO goose_db_version (version_id, is_applied) VALUES (3, true)");
  CHECK_FALSE(migrator->Down());
  CHECK(HasTable(database, "three"));
  CHECK(History(database) == "0t 1t 2t 3t");
}

TEMPLATE_TEST_CASE("migrators that start at once do not collide", "", Postgres, Sqlite) {
  TestType database;
  std::vector<std::thread> threads;
  std::atomic<int> applied{0};
  std::atomic<int> failed{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto names = database.MigratorOf({kOne, kTwo})->Up();
      if (!names) ++failed;
      applied += names ? static_cast<int>(names->size()) : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(applied == 2);
  CHECK(History(database) == "0t 1t 2t");
}

TEMPLATE_TEST_CASE("an old goose's record of what it took back is understood", "", Postgres,
                   Sqlite) {
  TestType database;
  const auto migrator = database.MigratorOf({kOne, kTwo});
  REQUIRE(migrator->Up());
  database.Query("DROP TABLE two");
  database.Query("INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, false)");
  CHECK(migrator->Pending().value() == Names{"2_two.sql"});
  CHECK(migrator->Up().value() == Names{"2_two.sql"});
  CHECK(migrator->Pending().value().empty());
}

TEMPLATE_TEST_CASE("the program's own migrations go up, down and up again", "", Postgres, Sqlite) {
  TestType database;
  const auto migrator = OpenMigrator(database.options());
  const auto count = migrator->Up().value().size();
  CHECK(count >= 2);
  CHECK(HasTable(database, "clients_limits"));
  for (std::size_t i = 0; i < count; ++i) CHECK(migrator->Down().value().has_value());
  CHECK_FALSE(HasTable(database, "clients_limits"));
  CHECK(migrator->Up().value().size() == count);
}
