#pragma once

#include <memory>

#include "internal/repository/migration_database.hpp"
#include "internal/repository/postgres/session.hpp"

namespace balancer::repository {

// PostgreSQL as the migrator needs it. Migrators shut each other out by goose's advisory lock.
class PostgresMigrations : public MigrationDatabase {
 public:
  explicit PostgresMigrations(std::shared_ptr<Server> server);

  model::Result<void> Transact(bool exclusive, const Step& step) override;

 private:
  Session session_;
};

}  // namespace balancer::repository
