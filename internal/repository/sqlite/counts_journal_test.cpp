#include <catch2/catch.hpp>
#include <functional>
#include <string>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ClientCounts;
using testing::Sqlite;

namespace {

constexpr int kUntilEmptied = 96;  // batches with clients in them

struct Fixture {
  Fixture() { REQUIRE(migrator->Up()); }

  bool Add(const std::string& client_id, ClientCounts counts) {
    return store->AddCounts({"w", ++number, 1, {{client_id, counts}}}).has_value();
  }
  void AddBatches(int batches) {
    for (int i = 0; i < batches; ++i) REQUIRE(Add("many", {1, 2}));
  }
  std::optional<ClientCounts> Client(const std::string& client_id) {
    return store->GetClientCounts("w", client_id).value().counts;
  }
  std::string Journal() { return database.Query("SELECT count(*) FROM client_counts_journal"); }
  std::string Blocks() {
    return database.Query("SELECT count(*) FROM client_counts_blocks WHERE clients <> '{}'");
  }
  std::string Row(const std::string& client_id) {
    return database.Query(
        "SELECT allowed || '/' || refused FROM client_counts WHERE client_id = '" + client_id +
        "'");
  }
  // A batch of so many clients, and then others until the journal is emptied.
  void AddClients(int count, const std::function<std::string(int)>& client_id) {
    balancer::service::CountBatch batch{"w", ++number, 0, {}};
    for (int i = 0; i < count; ++i) batch.clients.emplace_back(client_id(i), ClientCounts{1, 0});
    REQUIRE(store->AddCounts(batch));
    for (int i = 1; i < kUntilEmptied && Journal() != "0"; ++i) AddBatches(1);
    REQUIRE(Journal() == "0");
  }

  Sqlite database;
  std::unique_ptr<Migrator> migrator = OpenMigrator(database.options());
  std::unique_ptr<LimitsStore> store = database.Store();
  std::int64_t number = 0;  // of the last batch
};

}  // namespace

TEST_CASE("batches gather in the journal, and go into the table together") {
  Fixture f;
  for (int round = 1; round <= 3; ++round) {
    REQUIRE(f.Add("once \"a round\\", {7, 0}));
    f.AddBatches(kUntilEmptied - 2);
    CHECK(f.Journal() == std::to_string(kUntilEmptied - 1));
    const std::uint64_t before = static_cast<std::uint64_t>(round) * kUntilEmptied - 1 - round;
    CHECK(f.Client("many") == ClientCounts{before, 2 * before});

    f.AddBatches(1);
    CHECK(f.Journal() == "0");
    CHECK(f.Client("many") == ClientCounts{before + 1, 2 * before + 2});
    CHECK(f.Row("many") == std::to_string(before + 1) + "/" + std::to_string(2 * before + 2));
    CHECK(f.Row("once \"a round\\") == std::to_string(7 * round) + "/0");
    CHECK(f.Client("nobody") == std::nullopt);
  }
  CHECK(f.store->GetRequestCount("w").value().requests.count ==
        static_cast<std::uint64_t>(f.number));
}

TEST_CASE("any number of clients go from the journal into the table") {
  Fixture f;
  balancer::service::CountBatch batch{"w", 0, 0, {}};
  for (batch.number = 1; batch.number <= kUntilEmptied; ++batch.number) {
    batch.clients.emplace_back(std::to_string(batch.number), ClientCounts{1, 0});
    if (batch.number == 1) batch.clients.emplace_back("one more", ClientCounts{1, 0});
    REQUIRE(f.store->AddCounts(batch));
  }
  REQUIRE(f.Journal() == "0");
  CHECK(f.database.Query("SELECT count(*) FROM client_counts") ==
        std::to_string(kUntilEmptied + 1));
  for (int i = 1; i <= kUntilEmptied; ++i) {
    CHECK(f.Row(std::to_string(i)) == std::to_string(kUntilEmptied + 1 - i) + "/0");
  }
}

TEST_CASE("a large journal is emptied sooner") {
  Fixture f;
  balancer::service::CountBatch batch{"w", 0, 0, {}};
  for (int i = 0; i < 5000; ++i) {
    batch.clients.emplace_back(std::string(250, 'x') + std::to_string(i), ClientCounts{1, 0});
  }
  const auto add = [&](int batches) {
    for (int i = 0; i < batches; ++i) {
      ++batch.number;
      REQUIRE(f.store->AddCounts(batch));
    }
  };
  add(12);
  CHECK(f.Journal() == "12");
  add(1);
  CHECK(f.Journal() == "0");
  CHECK(f.Client(batch.clients.back().first) == ClientCounts{13, 0});
}

TEST_CASE("batches without clients take no room in the journal") {
  Fixture f;
  REQUIRE(f.store->AddCounts({"w", 1, 5, {}}));
  CHECK(f.Journal() == "0");
}

TEST_CASE("a client was last seen when its last batch was written") {
  Fixture f;
  REQUIRE(f.Add("early", {1, 0}));
  f.database.Query("UPDATE client_counts_journal SET written_at = '2001-02-03T04:05:06.789Z'");
  REQUIRE(f.Add("early and late", {1, 0}));
  f.database.Query(
      "UPDATE client_counts_journal SET written_at = '2002-02-03T04:05:06.789Z' WHERE seq = 2");
  REQUIRE(f.Add("early and late", {1, 0}));
  f.AddBatches(kUntilEmptied - 3);
  REQUIRE(f.Journal() == "0");
  CHECK(f.database.Query("SELECT last_seen FROM client_counts WHERE client_id = 'early'") ==
        "2001-02-03T04:05:06Z");
  CHECK(f.database.Query("SELECT client_id FROM client_counts "
                         "WHERE last_seen > '2026' AND client_id LIKE 'early%'") ==
        "early and late");
}

TEST_CASE("a batch with which the journal cannot be emptied can be sent again, and counts once") {
  Fixture f;
  f.AddBatches(kUntilEmptied - 1);
  SECTION("the table refuses") {
    f.database.Query(
        "CREATE TRIGGER no BEFORE UPDATE ON client_counts_blocks "
        "BEGIN SELECT RAISE(ABORT, 'no'); END");
    CHECK_FALSE(f.Add("a", {1, 0}));
    f.database.Query("DROP TRIGGER no");
  }
  SECTION("the journal is damaged") {
    f.database.Query("UPDATE client_counts_journal SET clients = clients || ' ' WHERE seq = 5");
    CHECK_FALSE(f.Add("a", {1, 0}));
    f.database.Query("UPDATE client_counts_journal SET clients = trim(clients) WHERE seq = 5");
  }
  CHECK(f.Journal() == std::to_string(kUntilEmptied - 1));
  CHECK(f.Client("a") == std::nullopt);
  CHECK(f.Blocks() == "0");
  for (int i = 0; i < 2; ++i) {
    CHECK(f.store->AddCounts({"w", kUntilEmptied, 1, {{"a", {1, 0}}}}));
    CHECK(f.Journal() == "0");
    CHECK(f.Client("a") == ClientCounts{1, 0});
    CHECK(f.Client("many") == ClientCounts{kUntilEmptied - 1, 2 * (kUntilEmptied - 1)});
  }
}

TEST_CASE("taking the migrations back keeps what is in the journal and in the blocks") {
  Fixture f;
  const std::string odd = R"(o"d\d é ,{}[1,2])";
  f.AddBatches(kUntilEmptied);
  REQUIRE(f.Add(odd, {5, 6}));
  REQUIRE(f.Add(odd, {1, 0}));
  f.AddBatches(2);
  REQUIRE(f.Journal() == "4");
  REQUIRE(f.migrator->Down().value() == "00006_client_counts_blocks.sql");
  REQUIRE(f.migrator->Down().value() == "00005_client_counts_journal.sql");
  CHECK(f.Row("many") ==
        std::to_string(kUntilEmptied + 2) + "/" + std::to_string(2 * (kUntilEmptied + 2)));
  CHECK(f.Row(odd) == "6/6");
  REQUIRE(f.migrator->Up());
  CHECK(f.Client(odd) == ClientCounts{6, 6});
  REQUIRE(f.Add(odd, {1, 0}));
  CHECK(f.Client(odd) == ClientCounts{7, 6});
}

TEST_CASE("blocks are split as clients come, wherever they belong, and each is still found") {
  Fixture f;
  const auto even = [](int i) { return "client \"" + std::to_string(2 * i); };
  const auto odd = [](int i) { return "client \"" + std::to_string(2 * i + 1); };
  f.AddClients(2000, even);
  const int before = std::stoi(f.Blocks());
  CHECK(before > 10);
  f.AddClients(2000, odd);
  f.AddClients(100, even);
  CHECK(std::stoi(f.Blocks()) > before);
  CHECK(f.database.Query(
            "SELECT count(*) FROM client_counts_blocks WHERE length(clients) > 4100") == "0");
  for (int i = 0; i < 2000; ++i) {
    CAPTURE(i);
    CHECK(f.Client(even(i)) == ClientCounts{i < 100 ? 2U : 1U, 0});
    CHECK(f.Client(odd(i)) == ClientCounts{1, 0});
  }
  CHECK(f.Client("client \"") == std::nullopt);
  CHECK(f.database.Query("SELECT count(*) FROM client_counts") == "4001");  // with "many"
}

TEST_CASE("blocks do not fall to pieces as their clients come again") {
  Fixture f;
  const auto client_id = [](int i) { return "client " + std::to_string(i); };
  f.AddClients(2000, client_id);
  const std::string before = f.Blocks();
  for (int i = 0; i < 8; ++i) f.AddClients(2000, client_id);
  CHECK(f.Blocks() == before);
  CHECK(f.Client("client 1999") == ClientCounts{9, 0});
}

TEST_CASE("clients can be deleted by hand") {
  Fixture f;
  const std::string odd = R"(o"d\d é ,{}[1,2])";
  f.AddClients(300, [](int i) { return std::to_string(i); });
  f.AddClients(1, [&odd](int) { return odd; });
  f.database.Query(
      "UPDATE client_counts_blocks SET clients = (SELECT json_group_object(key, json(value)) "
      "FROM json_each(clients) WHERE key NOT IN ('77', 'many'))");
  CHECK(f.Client("77") == std::nullopt);
  CHECK(f.Client("78") == ClientCounts{1, 0});
  CHECK(f.Client(odd) == ClientCounts{1, 0});
  f.AddClients(1, [](int) { return "77"; });
  CHECK(f.Client("77") == ClientCounts{1, 0});
  CHECK(f.Client(odd) == ClientCounts{1, 0});

  f.database.Query("DELETE FROM client_counts_blocks");
  CHECK(f.Client("77") == std::nullopt);
  f.AddClients(1, [](int) { return "77"; });
  CHECK(f.Client("77") == ClientCounts{1, 0});
}

TEST_CASE("rows of the time before the blocks are kept") {
  Fixture f;
  REQUIRE(f.migrator->Down().value() == "00006_client_counts_blocks.sql");
  f.database.Query(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) "
      "INSERT INTO client_counts SELECT 'x\"' || i, i, 1, '2001-02-03T04:05:06.789Z' FROM n");
  REQUIRE(f.migrator->Up());
  CHECK(f.Client("x\"12000") == ClientCounts{12000, 1});
  CHECK(f.Row("x\"7") == "7/1");
  f.AddBatches(kUntilEmptied);
  CHECK(f.Journal() == "3");
  CHECK(f.Client("x\"12000") == ClientCounts{12000, 1});
  CHECK(f.database.Query("SELECT min(last_seen) FROM client_counts") == "2001-02-03T04:05:06Z");
  CHECK(f.database.Query("SELECT count(*), sum(allowed) FROM client_counts") == "12001");
}
