#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ClientCounts;
using balancer::model::ErrorCode;
using balancer::service::CountBatch;
using testing::Postgres;
using testing::Sqlite;

namespace {

// An empty, migrated database and a store on it.
template <typename Database>
struct Fixture {
  Fixture() {
    REQUIRE(OpenMigrator(database.options())->Up());
    store = database.Store();
  }

  std::uint64_t Requests() { return store->GetRequestCount("w").value().requests.count; }
  std::optional<ClientCounts> Client(const std::string& client_id) {
    return store->GetClientCounts("w", client_id).value().counts;
  }

  Database database;
  std::unique_ptr<LimitsStore> store;
};

}  // namespace

TEMPLATE_TEST_CASE("counts are added up, from all writers", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  CHECK(f.Requests() == 0);
  CHECK(f.Client("a") == std::nullopt);

  CHECK(f.store->AddCounts({"w", 1, 7, {{"a", {3, 1}}, {"b", {2, 0}}}}));
  CHECK(f.store->AddCounts({"w", 2, 5, {{"a", {0, 4}}}}));
  CHECK(f.store->AddCounts({"other", 1, 1, {}}));
  CHECK(f.Requests() == 13);
  CHECK(f.Client("a") == ClientCounts{3, 5});
  CHECK(f.Client("b") == ClientCounts{2, 0});
  CHECK(f.Client("c") == std::nullopt);
}

TEMPLATE_TEST_CASE("a batch that is sent again is added once", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  CHECK(f.store->GetRequestCount("w").value().last_batch == 0);
  const CountBatch batch{"w", 1, 7, {{"a", {3, 1}}}};
  for (int i = 0; i < 3; ++i) CHECK(f.store->AddCounts(batch));
  CHECK(f.Requests() == 7);
  CHECK(f.Client("a") == ClientCounts{3, 1});
  CHECK(f.store->GetRequestCount("w").value().last_batch == 1);
  CHECK(f.store->GetClientCounts("w", "nobody").value().last_batch == 1);
  CHECK(f.store->GetRequestCount("other").value().last_batch == 0);
}

TEMPLATE_TEST_CASE("a batch is added whole or not at all", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  const auto added = f.store->AddCounts({"w", 1, 7, {{"a", {3, 1}}, {"", {1, 1}}}});
  REQUIRE_FALSE(added);
  CHECK(added.error().code == ErrorCode::storage_failed);
  CHECK(f.Requests() == 0);
  CHECK(f.Client("a") == std::nullopt);
  CHECK(f.store->AddCounts({"w", 1, 7, {{"a", {3, 1}}}}));
  CHECK(f.Requests() == 7);
}

TEMPLATE_TEST_CASE("counts are the same after very many batches", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  for (int i = 1; i <= 200; ++i) {
    REQUIRE(f.store->AddCounts({"w", i, 3, {{"a", {1, 2}}, {std::to_string(i % 50), {1, 0}}}}));
  }
  CHECK(f.Requests() == 600);
  CHECK(f.Client("a") == ClientCounts{200, 400});
  for (int i = 0; i < 50; ++i) CHECK(f.Client(std::to_string(i)) == ClientCounts{4, 0});
}

TEMPLATE_TEST_CASE("any client_id is counted under its own name", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  const std::vector<std::string> client_ids = {"o'clock",   "\"\\x\\'$1 ?1 %s {}",
                                               "{a,b}",     ",",
                                               "NULL",      "null",
                                               "e\xCC\x81", "\xC3\xA9",
                                               "A",         "a",
                                               "a ",        " ",
                                               "\\",        "\"",
                                               "'; --",     std::string(256, 'x')};
  CountBatch batch{"w", 1, 0, {}};
  for (const auto& client_id : client_ids) {
    batch.clients.emplace_back(client_id, ClientCounts{batch.clients.size() + 1, 0});
  }
  REQUIRE(f.store->AddCounts(batch));
  std::uint64_t allowed = 0;
  for (const auto& client_id : client_ids) {
    CAPTURE(client_id);
    CHECK(f.Client(client_id) == ClientCounts{++allowed, 0});
  }
}

TEMPLATE_TEST_CASE("the beginning of the count is a time in UTC", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  f.database.Query("UPDATE request_counts SET since = '2026-11-21T08:09:10.120Z'");
  CHECK(f.store->GetRequestCount("w").value().requests.since == "2026-11-21T08:09:10.120Z");
}

TEMPLATE_TEST_CASE("a process's first batch forgets processes of long ago", "", Postgres, Sqlite) {
  Fixture<TestType> f;
  REQUIRE(f.store->AddCounts({"old", 1, 1, {}}));
  REQUIRE(f.store->AddCounts({"young", 1, 1, {}}));
  f.database.Query(
      "UPDATE count_writers SET written_at = '2001-01-01T00:00:00.000Z' WHERE writer = 'old'");
  REQUIRE(f.store->AddCounts({"w", 1, 1, {}}));
  CHECK(f.database.Query("SELECT count(*) FROM count_writers WHERE writer = 'old'") == "0");
  CHECK(f.database.Query("SELECT count(*) FROM count_writers") == "2");
  CHECK(f.Requests() == 3);
}

TEMPLATE_TEST_CASE("writers at the same time, with the same clients: nothing is lost", "", Postgres,
                   Sqlite) {
  Fixture<TestType> f;
  constexpr int kWriters = 4;
  constexpr int kBatches = 20;
  std::atomic<int> added{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([&, t] {
      const auto store = f.database.Store();
      for (int i = 1; i <= kBatches; ++i) {
        CountBatch batch{"writer " + std::to_string(t), i, 1, {}};
        // Each in an order of its own.
        for (int c = 0; c < 50; ++c) {
          batch.clients.emplace_back(std::to_string((c * 7 + t * 13) % 50), ClientCounts{1, 0});
        }
        if (store->AddCounts(batch)) ++added;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(added == kWriters * kBatches);
  CHECK(f.Requests() == kWriters * kBatches);
  CHECK(f.Client("0") == ClientCounts{kWriters * kBatches, 0});
  CHECK(f.Client("49") == ClientCounts{kWriters * kBatches, 0});
}
