#include "internal/repository/testing/databases.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <pqxx/pqxx>
#include <stdexcept>
#include <thread>

#include "internal/repository/postgres/postgres_migrations.hpp"
#include "internal/repository/postgres/postgres_store.hpp"
#include "internal/repository/sqlite/sqlite_migrations.hpp"
#include "internal/repository/sqlite/sqlite_store.hpp"

namespace balancer::repository::testing {
namespace {

std::string Conninfo(std::uint16_t port, const std::string& database) {
  return fmt::format("host=127.0.0.1 port={} user=admin dbname={} connect_timeout=5", port,
                     database);
}

std::string Ask(const std::string& conninfo, const std::string& sql) {
  pqxx::connection connection(conninfo);
  const pqxx::result rows = pqxx::nontransaction(connection).exec(sql);
  return rows.empty() || rows.columns() == 0 ? "" : rows[0][0].c_str();
}

std::string MakeTemporaryDirectory() {
  std::string path = std::filesystem::temp_directory_path() / "balancer-test.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp " + path);
  ::chmod(path.c_str(), 0755);  // NOLINT: the user postgres has to pass
  return path;
}

void Script(const std::string& arguments) {
  const std::string command = BALANCER_POSTGRES_SCRIPT " " + arguments + " >/dev/null";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("failed: " + command);
}

std::uint16_t SharedPort() {
  const char* port = std::getenv("BALANCER_TEST_PG_PORT");
  if (port == nullptr) return PostgresServer::Private().port();
  return static_cast<std::uint16_t>(std::stoi(port));
}

std::string NewName() {
  static int made = 0;
  return fmt::format("test_{}_{}", ::getpid(), ++made);
}

}  // namespace

bool Eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

TemporaryDirectory::TemporaryDirectory() : path_(MakeTemporaryDirectory()) {}
TemporaryDirectory::~TemporaryDirectory() {
  std::filesystem::remove_all(path_);
}

PostgresServer& PostgresServer::Private() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() : directory_(MakeTemporaryDirectory()) {
  const std::string reap =
      fmt::format("trap '' INT TERM; cat >/dev/null; {} remove {} && rm -rf {}",
                  BALANCER_POSTGRES_SCRIPT, directory_, directory_);
  reaper_ = ::popen(reap.c_str(), "we");
  if (reaper_ == nullptr) throw std::runtime_error("popen failed");
  Start();
}

PostgresServer::~PostgresServer() {
  ::pclose(reaper_);
}

void PostgresServer::Start() {
  Script("start " + directory_ + (port_ == 0 ? "" : " " + std::to_string(port_)));
  std::ifstream(directory_ + "/port") >> port_;
}

void PostgresServer::Stop() {
  Script("stop " + directory_);
}

void PostgresServer::SignalAll(int signal) const {
  pid_t postmaster = 0;
  std::ifstream(directory_ + "/data/postmaster.pid") >> postmaster;
  if (postmaster <= 0) return;  // it does not run
  ::kill(postmaster, signal);
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", postmaster));
  for (pid_t child = 0; children >> child;) ::kill(child, signal);
}

void PostgresServer::Freeze() {
  SignalAll(SIGSTOP);
}
void PostgresServer::Thaw() {
  SignalAll(SIGCONT);
}

Postgres::Postgres(std::uint16_t port) : port_(port), name_(NewName()) {
  Ask(Conninfo(port_, "clients_db"), "CREATE DATABASE " + name_);
}

Postgres::Postgres() : Postgres(SharedPort()) {}
Postgres::Postgres(PostgresServer& server) : Postgres(server.port()) {}

Postgres::~Postgres() {
  Ask(Conninfo(port_, "clients_db"), "DROP DATABASE " + name_ + " WITH (FORCE)");
}

PostgresOptions Postgres::options() const {
  PostgresOptions options;
  options.host = "127.0.0.1";
  options.port = port_;
  options.name = name_;
  return options;
}

std::unique_ptr<LimitsStore> Postgres::Store() const {
  return std::make_unique<PostgresStore>(
      std::make_shared<Server>(Conninfo(port_, name_), "the test's PostgreSQL"));
}

std::unique_ptr<Migrator> Postgres::MigratorOf(std::vector<Migration> migrations) const {
  auto server = std::make_shared<Server>(Conninfo(port_, name_), "the test's PostgreSQL");
  return std::make_unique<Migrator>(std::make_unique<PostgresMigrations>(std::move(server)),
                                    std::move(migrations));
}

std::string Postgres::Query(const std::string& sql) const {
  return Ask(Conninfo(port_, name_), sql);
}

std::unique_ptr<LimitsStore> Sqlite::Store() const {
  return std::make_unique<SqliteStore>(std::make_shared<SqliteFile>(path()));
}

std::unique_ptr<Migrator> Sqlite::MigratorOf(std::vector<Migration> migrations) const {
  return std::make_unique<Migrator>(
      std::make_unique<SqliteMigrations>(std::make_shared<SqliteFile>(path())),
      std::move(migrations));
}

std::string Sqlite::Query(const std::string& sql) const {
  sqlite3* handle = nullptr;
  sqlite3_open(path().c_str(), &handle);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closed(handle, &sqlite3_close);
  sqlite3_busy_timeout(handle, 5000);
  std::string first;
  const auto keep = [](void* out, int columns, char** values, char**) {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && columns > 0 && values[0] != nullptr) text = values[0];
    return 0;
  };
  if (sqlite3_exec(handle, sql.c_str(), keep, &first, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(handle));
  }
  return first;
}

void HoldWriteLock(const Sqlite& database, const std::function<void()>& work) {
  sqlite3* handle = nullptr;
  sqlite3_open(database.path().c_str(), &handle);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closed(handle, &sqlite3_close);
  sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
  work();
}

}  // namespace balancer::repository::testing
