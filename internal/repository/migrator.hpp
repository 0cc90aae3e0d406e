#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "internal/model/error.hpp"
#include "internal/repository/migration.hpp"
#include "internal/repository/migration_database.hpp"

namespace balancer::repository {

struct MigrationStatus {
  std::int64_t version = 0;
  std::string name;
  bool applied = false;
  std::string applied_at;  // as the database prints it; empty when not applied
};

// Brings a database's schema to what this program knows, or back, a migration a transaction, one
// migrator at a time whichever process it is in. Keeps goose's record, so that either can go on
// where the other stopped.
//
// Errors: config_invalid when the database is newer than the program; storage_unavailable;
// storage_failed when a migration does (it is rolled back, those before it stay).
// One thread at a time.
class Migrator {
 public:
  Migrator(std::unique_ptr<MigrationDatabase> database, std::vector<Migration> migrations);

  // Applies what is missing; the names of what it applied. Writes nothing when nothing is missing.
  model::Result<std::vector<std::string>> Up();
  // Takes the newest back; its name, or nothing when there is none.
  model::Result<std::optional<std::string>> Down();
  // Every migration, by version. Writes nothing. A database that is newer is no error here: what
  // only the database knows is listed with an empty name.
  model::Result<std::vector<MigrationStatus>> Status();
  // The names of what is missing. Writes nothing.
  model::Result<std::vector<std::string>> Pending();

 private:
  // Applies the first missing migration, if there is one.
  model::Result<std::optional<std::string>> UpOne();
  model::Result<std::vector<HistoryRow>> Applied(MigrationTransaction& transaction) const;
  model::Result<void> CheckNotNewer(const std::vector<HistoryRow>& applied) const;
  const Migration* FirstMissing(const std::vector<HistoryRow>& applied) const;

  const std::unique_ptr<MigrationDatabase> database_;
  const std::vector<Migration> migrations_;
};

}  // namespace balancer::repository
