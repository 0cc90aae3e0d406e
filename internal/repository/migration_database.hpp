#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "internal/model/error.hpp"

namespace balancer::repository {

// A row of goose_db_version, goose's own record of what was applied. Row version 0 is made with the
// table; a migration taken back has its row deleted (or, by old versions of goose, a newer row with
// applied = false).
struct HistoryRow {
  std::int64_t version = 0;
  bool applied = false;
  std::string time;  // as the database prints it
};

// What the migrator does inside a transaction.
class MigrationTransaction {
 public:
  virtual ~MigrationTransaction() = default;

  // Oldest first; empty when the table is not there.
  virtual model::Result<std::vector<HistoryRow>> History() = 0;
  virtual model::Result<void> CreateHistory() = 0;
  // One or more statements.
  virtual model::Result<void> Execute(const std::string& sql) = 0;
};

// A database as the migrator needs it. Errors as LimitsStore's. One thread at a time.
class MigrationDatabase {
 public:
  using Step = std::function<model::Result<void>(MigrationTransaction&)>;

  virtual ~MigrationDatabase() = default;

  // Runs `step` in a transaction, committed if it succeeds and rolled back if not. With `exclusive`
  // every other migrator of this database waits until it is over.
  virtual model::Result<void> Transact(bool exclusive, const Step& step) = 0;
};

}  // namespace balancer::repository
