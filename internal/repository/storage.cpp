#include "internal/repository/storage.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

#include "internal/repository/postgres/postgres_migrations.hpp"
#include "internal/repository/postgres/postgres_store.hpp"
#include "internal/repository/postgres/postgres_watcher.hpp"
#include "internal/repository/sqlite/sqlite_migrations.hpp"
#include "internal/repository/sqlite/sqlite_store.hpp"
#include "internal/repository/sqlite/sqlite_watcher.hpp"
#include "internal/repository/storage_threads.hpp"

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Result;

constexpr std::chrono::seconds kStartPatience{3};
// Readers work side by side; writers wait for each other in SQLite.
constexpr int kSqliteStores = 2;

// A value of a libpq connection string, quoted (PostgreSQL manual, 34.1.1.1).
std::string Quoted(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// A dead connection is found within about 10 s by keep-alives where nothing is being sent, and
// within 5 s where something is.
std::shared_ptr<Server> MakeServer(const PostgresOptions& options) {
  return std::make_shared<Server>(
      fmt::format("host={} port={} dbname={} user={} password={} sslmode={} client_encoding=UTF8 "
                  "application_name=balancer connect_timeout=2 keepalives_idle=4 "
                  "keepalives_interval=2 keepalives_count=3 tcp_user_timeout=5000 "
                  "options='-c statement_timeout={}s'",
                  Quoted(options.host), options.port, Quoted(options.name), Quoted(options.user),
                  Quoted(options.password), Quoted(options.sslmode), kStatementTimeout.count()),
      fmt::format("PostgreSQL at {}:{}", options.host, options.port));
}

// The files are part of the program, and a test reads them: that they parse is an invariant.
std::unique_ptr<Migrator> MakeMigrator(std::shared_ptr<Server> server) {
  return std::make_unique<Migrator>(std::make_unique<PostgresMigrations>(std::move(server)),
                                    ParseMigrations(PostgresMigrationFiles()).value());
}

std::unique_ptr<Migrator> MakeMigrator(std::shared_ptr<SqliteFile> file) {
  return std::make_unique<Migrator>(std::make_unique<SqliteMigrations>(std::move(file)),
                                    ParseMigrations(SqliteMigrationFiles()).value());
}

template <typename Store, typename Watcher, typename Database>
Result<std::unique_ptr<Storage>> Open(const std::shared_ptr<Database>& database, int stores,
                                      bool auto_migrate) {
  std::vector<std::unique_ptr<LimitsStore>> pool;
  for (int i = 0; i < stores; ++i) pool.push_back(std::make_unique<Store>(database));
  auto storage = std::make_unique<StorageThreads>(
      std::move(pool), std::make_unique<Watcher>(database, MakeMigrator(database), auto_migrate),
      std::shared_ptr<OutageLog>(database, &database->log));
  auto started = storage->Start(kStartPatience);
  if (!started && started.error().code == ErrorCode::config_invalid) {
    return tl::unexpected(std::move(started.error()));
  }
  return storage;
}

}  // namespace

Result<std::unique_ptr<Storage>> OpenStorage(const PostgresOptions& options) {
  return Open<PostgresStore, PostgresWatcher>(MakeServer(options), options.pool_size,
                                              options.auto_migrate);
}

Result<std::unique_ptr<Storage>> OpenStorage(const SqliteOptions& options) {
  return Open<SqliteStore, SqliteWatcher>(std::make_shared<SqliteFile>(options.path), kSqliteStores,
                                          options.auto_migrate);
}

std::unique_ptr<Migrator> OpenMigrator(const PostgresOptions& options) {
  return MakeMigrator(MakeServer(options));
}

std::unique_ptr<Migrator> OpenMigrator(const SqliteOptions& options) {
  return MakeMigrator(std::make_shared<SqliteFile>(options.path));
}

}  // namespace balancer::repository
