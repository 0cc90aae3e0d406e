#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/migrator.hpp"
#include "internal/repository/storage.hpp"

// Real databases for the tests: each test gets an empty one of its own.
namespace balancer::repository::testing {

// Polls until `condition` holds; false when it did not within 10 s.
bool Eventually(const std::function<bool()>& condition);

// A directory of its own, deleted at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A private PostgreSQL of scripts/postgres.sh. Ends with the program, however that ends.
class PostgresServer {
 public:
  // Started when first asked for; one for the whole program.
  static PostgresServer& Private();

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  std::uint16_t port() const { return port_; }
  void Start();  // on the same port as before
  void Stop();
  void Freeze();  // SIGSTOP to all of its processes
  void Thaw();

 private:
  PostgresServer();
  void SignalAll(int signal) const;

  std::string directory_;
  std::uint16_t port_ = 0;
  FILE* reaper_ = nullptr;  // a shell that removes the server when our end of its pipe closes
};

// An empty database on the server at BALANCER_TEST_PG_PORT, or else on the private one.
class Postgres {
 public:
  Postgres();
  explicit Postgres(PostgresServer& server);
  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  PostgresOptions options() const;
  std::unique_ptr<LimitsStore> Store() const;
  std::unique_ptr<Migrator> MigratorOf(std::vector<Migration> migrations) const;
  // As another program would; the first column of the first row, or "". Throws when it fails.
  std::string Query(const std::string& sql) const;

 private:
  explicit Postgres(std::uint16_t port);

  const std::uint16_t port_;
  const std::string name_;
};

// A SQLite file that is not there yet.
class Sqlite {
 public:
  SqliteOptions options() const { return {path(), true}; }
  std::unique_ptr<LimitsStore> Store() const;
  std::unique_ptr<Migrator> MigratorOf(std::vector<Migration> migrations) const;
  std::string Query(const std::string& sql) const;

  std::string path() const { return directory_.path() + "/limits.db"; }

 private:
  TemporaryDirectory directory_;
};

// Runs `work` while another connection is in the middle of writing to the file.
void HoldWriteLock(const Sqlite& database, const std::function<void()>& work);

}  // namespace balancer::repository::testing
