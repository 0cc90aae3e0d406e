#pragma once

#include <memory>

#include "internal/repository/migration_database.hpp"
#include "internal/repository/sqlite/database.hpp"

namespace balancer::repository {

// A SQLite file as the migrator needs it, made when there is none. Migrators shut each other out by
// the file's write lock.
class SqliteMigrations : public MigrationDatabase {
 public:
  explicit SqliteMigrations(std::shared_ptr<SqliteFile> file);

  model::Result<void> Transact(bool exclusive, const Step& step) override;

 private:
  SqliteDatabase database_;
};

}  // namespace balancer::repository
