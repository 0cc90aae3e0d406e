#include "internal/repository/storage.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <set>

#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ClientLimit;
using balancer::model::ErrorCode;
using balancer::model::Limit;
using balancer::model::Result;
using testing::Eventually;
using testing::Postgres;
using testing::PostgresServer;
using testing::Sqlite;
using Clock = std::chrono::steady_clock;

namespace {

// Remembers what it was told.
class Listener : public balancer::service::LimitsListener {
 public:
  void OnLimitChanged(const std::string& client_id) override {
    std::lock_guard lock(mu_);
    changed_.insert(client_id);
  }
  void OnChangesMissed() override { ++missed; }

  // Waits until it has heard of exactly these, and forgets them.
  bool Heard(const std::multiset<std::string>& client_ids) {
    return Eventually([&] {
      std::lock_guard lock(mu_);
      if (changed_ != client_ids) return false;
      changed_.clear();
      return true;
    });
  }

  std::atomic<int> missed{0};

 private:
  std::mutex mu_;
  std::multiset<std::string> changed_;
};

class SettingsListener : public balancer::service::SettingsListener {
 public:
  void OnSettingsChanged() override { ++changed; }

  // Waits until it has heard of something since the last time.
  bool Heard() {
    return Eventually([&] { return changed.exchange(0) > 0; });
  }

  std::atomic<int> changed{0};
};

// Storage as the program opens it, asked with waiting.
class Client {
 public:
  template <typename Options>
  explicit Client(const Options& options) : storage_(OpenStorage(options).value()) {
    storage_->SetListener(&listener);
    storage_->SetSettingsListener(&settings);
  }
  ~Client() { storage_->Stop(); }

  Result<std::optional<Limit>> Get(const std::string& client_id) {
    std::promise<Result<std::optional<Limit>>> answer;
    storage_->Get(client_id, [&](auto result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  Result<void> Create(const ClientLimit& limit) {
    return Wait([&](auto done) { storage_->Create(limit, done); });
  }
  Result<void> Update(const ClientLimit& limit) {
    return Wait([&](auto done) { storage_->Update(limit, done); });
  }
  Result<void> Delete(const std::string& client_id) {
    return Wait([&](auto done) { storage_->Delete(client_id, done); });
  }

  Result<std::optional<std::string>> GetSetting(const std::string& tag) {
    std::promise<Result<std::optional<std::string>>> answer;
    storage_->GetSetting(tag, [&](auto result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }
  Result<std::optional<std::int64_t>> PutSetting(const std::string& tag, const std::string& value) {
    std::promise<Result<std::optional<std::int64_t>>> answer;
    storage_->PutSetting(tag, value, [&](auto result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  bool available() const { return storage_->available(); }
  bool BecomesAvailable() const {
    return Eventually([&] { return available(); });
  }
  bool BecomesUnavailable() const {
    return Eventually([&] { return !available(); });
  }

  // Waits until what is told at the start has been told.
  bool IsWatching() {
    return Create({"first", {1, 1}}) && Delete("first") && listener.Heard({"first", "first"});
  }

  Listener listener;
  SettingsListener settings;

 private:
  static Result<void> Wait(
      const std::function<void(balancer::service::LimitsStorage::Done<void>)>& call) {
    std::promise<Result<void>> answer;
    call([&](Result<void> result) { answer.set_value(std::move(result)); });
    return answer.get_future().get();
  }

  std::unique_ptr<Storage> storage_;
};

bool IsUnavailable(const auto& result) {
  return !result && result.error().code == ErrorCode::storage_unavailable;
}

// The private server, running again however the test ends. To be declared after a database on it.
struct Outage {
  ~Outage() {
    server.Thaw();
    server.Start();
  }
  PostgresServer& server = PostgresServer::Private();
};

}  // namespace

TEMPLATE_TEST_CASE("a changed setting is heard of everywhere, whoever changed it", "", Postgres,
                   Sqlite) {
  TestType database;
  Client ours(database.options());
  Client theirs(database.options());
  REQUIRE(ours.IsWatching());
  REQUIRE(theirs.listener.Heard({"first", "first"}));
  ours.settings.changed = 0;
  theirs.settings.changed = 0;

  REQUIRE(ours.PutSetting("tag", "1"));
  CHECK(ours.settings.Heard());
  CHECK(theirs.settings.Heard());
  CHECK(theirs.GetSetting("tag").value() == "1");
  REQUIRE(theirs.PutSetting("tag", "2"));
  CHECK(ours.settings.Heard());
  CHECK(ours.GetSetting("tag").value() == "2");
  REQUIRE(theirs.settings.Heard());
  database.Query("DELETE FROM settings");
  CHECK(ours.settings.Heard());
  CHECK(theirs.settings.Heard());
}

TEMPLATE_TEST_CASE("a changed limit is not told as a changed setting", "", Postgres, Sqlite) {
  TestType database;
  Client client(database.options());
  REQUIRE(client.IsWatching());
  client.settings.changed = 0;
  REQUIRE(client.Create({"a", {1, 1}}));
  REQUIRE(client.listener.Heard({"a"}));
  REQUIRE(client.Delete("a"));
  REQUIRE(client.listener.Heard({"a"}));  // all that came with the first has been told by now
  CHECK(client.settings.changed == 0);
}

TEMPLATE_TEST_CASE("storage migrates an empty database and serves", "", Postgres, Sqlite) {
  TestType database;
  Client client(database.options());
  CHECK(client.available());
  CHECK(client.Get("a").value() == std::nullopt);
  CHECK(client.Create({"a", {10, 1}}));
  CHECK(client.Get("a").value() == Limit{10, 1});
  CHECK(client.Create({"a", {10, 1}}).error().code == ErrorCode::already_exists);
  CHECK(client.Update({"a", {20, 1}}));
  CHECK(client.Get("a").value() == Limit{20, 1});
  CHECK(client.Delete("a"));
  CHECK(client.Delete("a").error().code == ErrorCode::not_found);
}

TEMPLATE_TEST_CASE("changes are heard of, whoever makes them", "", Postgres, Sqlite) {
  TestType database;
  Client ours(database.options());
  Client theirs(database.options());
  const std::string odd = "o'clock \xC3\xA9 \"$1\"";
  REQUIRE(theirs.Create({odd, {10, 1}}));
  CHECK(ours.listener.Heard({odd}));
  CHECK(theirs.listener.Heard({odd}));
  REQUIRE(theirs.Update({odd, {20, 1}}));
  CHECK(ours.listener.Heard({odd}));
  REQUIRE(ours.Delete(odd));
  CHECK(ours.listener.Heard({odd}));

  database.Query(
      "INSERT INTO clients_limits (client_id, capacity, rate_per_sec) "
      "VALUES ('a', 1, 1), ('b', 1, 1)");
  CHECK(ours.listener.Heard({"a", "b"}));
  database.Query("UPDATE clients_limits SET client_id = 'c' WHERE client_id = 'b'");
  CHECK(ours.listener.Heard({"b", "c"}));
  const int missed = ours.listener.missed;
  database.Query("DELETE FROM clients_limits");
  CHECK(ours.listener.Heard({"a", "c"}));
  CHECK(ours.listener.missed == missed);
}

TEST_CASE("a truncated table means that anything may have changed") {
  Postgres database;
  Client client(database.options());
  REQUIRE(client.IsWatching());
  const int missed = client.listener.missed;
  database.Query("TRUNCATE clients_limits");
  CHECK(Eventually([&] { return client.listener.missed == missed + 1; }));
}

TEST_CASE("more changes than the embedded store's log keeps mean that any may have been missed") {
  Sqlite database;
  Client client(database.options());
  REQUIRE(client.IsWatching());
  const int missed = client.listener.missed;
  database.Query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
      "INSERT INTO clients_limits (client_id, capacity, rate_per_sec) "
      "SELECT 'client ' || i, 1, 1 FROM n");
  CHECK(Eventually([&] { return client.listener.missed == missed + 1; }));
  CHECK(database.Query("SELECT count(*) FROM clients_limits_changes") == "1000");
}

TEMPLATE_TEST_CASE("a database newer than the program is refused at start", "", Postgres, Sqlite) {
  TestType database;
  REQUIRE(OpenMigrator(database.options())->Up());
  database.Query("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)");
  const auto opened = OpenStorage(database.options());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::config_invalid);
  CHECK(opened.error().detail.find("9999") != std::string::npos);
  CHECK(OpenMigrator(database.options())->Up().error().code == ErrorCode::config_invalid);
}

TEMPLATE_TEST_CASE("without auto_migrate, storage waits for who migrates", "", Postgres, Sqlite) {
  TestType database;
  auto options = database.options();
  options.auto_migrate = false;
  Client client(options);
  CHECK_FALSE(client.available());
  CHECK(IsUnavailable(client.Get("a")));
  REQUIRE(OpenMigrator(options)->Up());
  CHECK(client.BecomesAvailable());
  CHECK(client.Create({"a", {1, 1}}));
}

TEST_CASE("PostgreSQL stopped and started again: calls fail fast, then work") {
  Postgres database(PostgresServer::Private());
  Outage outage;
  Client client(database.options());
  REQUIRE(client.Create({"a", {10, 1}}));
  REQUIRE(client.Get("a").value() == Limit{10, 1});
  REQUIRE(client.listener.Heard({"a"}));
  const int missed = client.listener.missed;

  outage.server.Stop();
  const auto begin = Clock::now();
  for (int i = 0; i < 50; ++i) CHECK(IsUnavailable(client.Get("a")));
  CHECK(Clock::now() - begin < std::chrono::seconds(4));
  CHECK(client.BecomesUnavailable());
  CHECK(IsUnavailable(client.Create({"b", {10, 1}})));

  outage.server.Start();
  CHECK(client.BecomesAvailable());
  CHECK(client.Get("a").value() == Limit{10, 1});
  CHECK(client.Create({"b", {10, 1}}));
  CHECK(Eventually([&] { return client.listener.missed > missed; }));
  CHECK(client.listener.Heard({"b"}));
}

TEST_CASE("PostgreSQL restarted between two calls: neither fails") {
  Postgres database(PostgresServer::Private());
  Outage outage;
  REQUIRE(OpenMigrator(database.options())->Up());
  const auto store = database.Store();
  REQUIRE(store->Create({"a", {10, 1}}));
  outage.server.Stop();
  CHECK(IsUnavailable(store->Get("a")));
  outage.server.Start();
  CHECK(store->Update({"a", {20, 1}}));
  outage.server.Stop();
  outage.server.Start();
  CHECK(store->Get("a").value() == Limit{20, 1});
}

TEST_CASE("PostgreSQL frozen: calls come back, and work when it thaws") {
  Postgres database(PostgresServer::Private());
  Outage outage;
  Client client(database.options());
  REQUIRE(client.Create({"a", {10, 1}}));

  outage.server.Freeze();
  const auto begin = Clock::now();
  CHECK(IsUnavailable(client.Get("a")));
  CHECK(Clock::now() - begin < std::chrono::seconds(8));
  CHECK(client.BecomesUnavailable());
  const auto again = Clock::now();
  CHECK(IsUnavailable(client.Get("a")));
  CHECK(Clock::now() - again < std::chrono::seconds(1));

  outage.server.Thaw();
  CHECK(client.BecomesAvailable());
  CHECK(client.Get("a").value() == Limit{10, 1});
}

TEST_CASE("storage opened while PostgreSQL is down migrates when it comes") {
  Postgres database(PostgresServer::Private());
  Outage outage;
  outage.server.Stop();
  const auto begin = Clock::now();
  Client client(database.options());
  CHECK(Clock::now() - begin < std::chrono::seconds(4));
  CHECK(IsUnavailable(client.Get("a")));
  outage.server.Start();
  CHECK(client.BecomesAvailable());
  CHECK(client.Create({"a", {1, 1}}));
}

TEST_CASE("storage stops at once though PostgreSQL is frozen") {
  Postgres database(PostgresServer::Private());
  Outage outage;
  auto storage = OpenStorage(database.options()).value();
  std::atomic<int> completed{0};
  outage.server.Freeze();
  for (int i = 0; i < 10; ++i) storage->Get("a", [&](const auto&) { ++completed; });
  const auto begin = Clock::now();
  storage->Stop();
  CHECK(Clock::now() - begin < std::chrono::seconds(4));
  CHECK(completed == 10);
}

TEST_CASE("a migration taken from under a running program: unavailable until it is back") {
  Postgres database;
  auto options = database.options();
  options.auto_migrate = false;
  REQUIRE(OpenMigrator(options)->Up());
  Client client(options);
  REQUIRE(client.available());
  database.Query("ALTER TABLE clients_limits RENAME TO away");
  CHECK(client.BecomesUnavailable());
  database.Query("ALTER TABLE away RENAME TO clients_limits");
  CHECK(client.BecomesAvailable());
}

TEST_CASE("an embedded store in a directory that is not there comes when the directory does") {
  testing::TemporaryDirectory directory;
  const std::string folder = directory.path() + "/later";
  Client client(SqliteOptions{folder + "/limits.db", true});
  CHECK(IsUnavailable(client.Get("a")));
  std::filesystem::create_directory(folder);
  CHECK(client.BecomesAvailable());
  CHECK(client.Create({"a", {1, 1}}));
}

TEST_CASE("an embedded store whose file is replaced goes on with the new one") {
  Sqlite database;
  Client client(database.options());
  REQUIRE(client.Create({"a", {1, 1}}));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::remove(database.path() + suffix);
  }
  CHECK(Eventually([&] {
    const auto got = client.Get("a");
    return got && !*got;
  }));
  CHECK(client.Create({"a", {2, 2}}));
}

TEST_CASE("a file that is no database is never written to") {
  Sqlite database;
  const std::string text(4096, 'x');
  std::ofstream(database.path()) << text;
  Client client(database.options());
  CHECK_FALSE(client.available());
  CHECK(IsUnavailable(client.Get("a")));
  std::ifstream file(database.path());
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == text);
}

TEST_CASE("an embedded store that is locked by others fails, and recovers") {
  Sqlite database;
  REQUIRE(OpenMigrator(database.options())->Up());
  const auto store = database.Store();
  testing::HoldWriteLock(database, [&] { CHECK(IsUnavailable(store->Create({"a", {1, 1}}))); });
  CHECK(store->Create({"a", {1, 1}}));
}
