#include "internal/repository/limits_store.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ClientLimit;
using balancer::model::ErrorCode;
using balancer::model::Limit;
using testing::Postgres;
using testing::Sqlite;

namespace {

template <typename Result>
ErrorCode CodeOf(const Result& result) {
  REQUIRE_FALSE(result);
  return result.error().code;
}

// An empty, migrated database and a store on it.
template <typename Database>
struct Fixture {
  Fixture() {
    REQUIRE(OpenMigrator(database.options())->Up());
    store = database.Store();
  }

  Database database;
  std::unique_ptr<LimitsStore> store;
};

}  // namespace

TEMPLATE_TEST_CASE("limits are created, read, changed and deleted", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  CHECK(f.store->Ping());
  CHECK(f.store->Get("a").value() == std::nullopt);

  CHECK(f.store->Create({"a", {10, 1}}));
  CHECK(f.store->Create({"b", {20, 2}}));
  CHECK(f.store->Get("a").value() == Limit{10, 1});
  CHECK(CodeOf(f.store->Create({"a", {30, 3}})) == ErrorCode::already_exists);
  CHECK(f.store->Get("a").value() == Limit{10, 1});

  CHECK(f.store->Update({"a", {40, 4}}));
  CHECK(f.store->Get("a").value() == Limit{40, 4});
  CHECK(f.store->Get("b").value() == Limit{20, 2});
  CHECK(CodeOf(f.store->Update({"c", {1, 1}})) == ErrorCode::not_found);

  CHECK(f.store->Delete("a"));
  CHECK(f.store->Get("a").value() == std::nullopt);
  CHECK(CodeOf(f.store->Delete("a")) == ErrorCode::not_found);
  CHECK(f.store->Get("b").value() == Limit{20, 2});
}

TEMPLATE_TEST_CASE("a change is stamped with its time", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  REQUIRE(f.store->Create({"a", {10, 1}}));
  f.database.Query(
      "UPDATE clients_limits SET updated_at = '2001-01-01', created_at = '2001-01-01'");
  REQUIRE(f.store->Update({"a", {11, 1}}));
  CHECK(f.database.Query("SELECT count(*) FROM clients_limits WHERE updated_at > '2002-01-01' AND "
                         "created_at < '2002-01-01'") == "1");
}

TEMPLATE_TEST_CASE("numbers come back as they went", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  for (const Limit limit : {Limit{1, 0.1 + 0.2}, Limit{1'000'000'000, 1e9}, Limit{3, 0.2},
                            Limit{4, std::numeric_limits<double>::min()}, Limit{5, 1.0 / 3}}) {
    const ClientLimit client{std::to_string(limit.rate_per_sec), limit};
    REQUIRE(f.store->Create(client));
    CHECK(f.store->Get(client.client_id).value() == limit);
    REQUIRE(f.store->Update(client));
    CHECK(f.store->Get(client.client_id).value() == limit);
    REQUIRE(f.store->Delete(client.client_id));
  }
}

TEMPLATE_TEST_CASE("any client_id is kept byte for byte", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  std::string longest;
  while (longest.size() < 256) longest += "\xF0\x9F\x90\x98";  // an elephant, 4 bytes
  const std::vector<std::string> client_ids = {"123.5.6.7:890",
                                               "o'clock",
                                               "'; DROP TABLE clients_limits; --",
                                               "\"\\x\\'$1 ?1 %s {}",
                                               "e\xCC\x81",
                                               "\xC3\xA9",
                                               "A",
                                               "a",
                                               "a ",
                                               longest,
                                               std::string(256, 'x'),
                                               "NULL"};
  std::int64_t capacity = 0;
  for (const auto& client_id : client_ids) {
    REQUIRE(f.store->Create({client_id, {++capacity, 1}}));
  }
  capacity = 0;
  for (const auto& client_id : client_ids) {
    CHECK(f.store->Get(client_id).value() == Limit{++capacity, 1});
    CHECK(f.store->Delete(client_id));
  }
  CHECK(f.database.Query("SELECT count(*) FROM clients_limits") == "0");
}

TEMPLATE_TEST_CASE("the database itself keeps the ranges", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  const ClientLimit good{"a", {1, 1}};
  REQUIRE(f.store->Create(good));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const std::vector<ClientLimit> bad = {
      {"", {1, 1}},        {std::string(257, 'x'), {1, 1}}, {"b", {0, 1}},
      {"b", {-1, 1}},      {"b", {1'000'000'001, 1}},       {"b", {1, 0}},
      {"b", {1, -0.5}},    {"b", {1, 1'000'000'000.5}},     {"b", {1, nan}},
      {"b", {1, infinity}}};
  for (const ClientLimit& client : bad) {
    CAPTURE(client.client_id, client.limit.capacity, client.limit.rate_per_sec);
    const auto created = f.store->Create(client);
    CHECK(CodeOf(created) == ErrorCode::storage_failed);
    CHECK(created.error().detail.find("constraint") == std::string::npos);  // not its raw text
    if (client.client_id == "b") {
      CHECK(CodeOf(f.store->Update({"a", client.limit})) == ErrorCode::storage_failed);
    }
  }
  CHECK(f.store->Get("a").value() == good.limit);
  CHECK(f.database.Query("SELECT count(*) FROM clients_limits") == "1");
}

TEMPLATE_TEST_CASE("a setting is made, read and changed", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  CHECK(f.store->GetSetting("A:B").value() == std::nullopt);
  const auto id = f.store->PutSetting("A:B", R"([{"host":"http://a","percent":0.3}])").value();
  REQUIRE(id);
  CHECK(std::to_string(*id) == f.database.Query("SELECT id FROM settings"));
  CHECK(f.store->GetSetting("A:B").value() == R"([{"host":"http://a","percent":0.3}])");
  CHECK(f.store->GetSetting("A").value() == std::nullopt);

  f.database.Query("UPDATE settings SET updated_at = '2001-01-01', created_at = '2001-01-01'");
  CHECK(f.store->PutSetting("A:B", "'; DROP TABLE settings; --").value() == std::nullopt);
  CHECK(f.store->GetSetting("A:B").value() == "'; DROP TABLE settings; --");
  CHECK(f.database.Query("SELECT count(*) FROM settings WHERE updated_at > '2002-01-01' AND "
                         "created_at < '2002-01-01'") == "1");
  CHECK(f.store->PutSetting("a:b", "").value() == *id + 1);
  CHECK(f.store->GetSetting("a:b").value() == "");
}

TEMPLATE_TEST_CASE("of many that create one client at once, one succeeds", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  constexpr int kRounds = 20;
  constexpr int kThreads = 4;
  std::atomic<int> created{0};
  std::atomic<int> existed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      const auto store = f.database.Store();
      for (int i = 0; i < kRounds; ++i) {
        const auto result = store->Create({"client " + std::to_string(i), {1, 1}});
        if (result) ++created;
        if (!result && result.error().code == ErrorCode::already_exists) ++existed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(created == kRounds);
  CHECK(existed == kRounds * (kThreads - 1));
}

TEMPLATE_TEST_CASE("a store whose table is gone fails, and works when it is back", "", Postgres,
                   Sqlite) {
  Fixture<TestType> f;
  REQUIRE(f.store->Create({"a", {1, 1}}));
  f.database.Query("ALTER TABLE clients_limits RENAME TO away");
  CHECK_FALSE(f.store->Ping());
  CHECK_FALSE(f.store->Get("a"));
  f.database.Query("ALTER TABLE away RENAME TO clients_limits");
  CHECK(f.store->Ping());
  CHECK(f.store->Get("a").value() == Limit{1, 1});
}
