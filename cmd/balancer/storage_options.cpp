#include "cmd/balancer/storage_options.hpp"

namespace balancer {
namespace {

repository::PostgresOptions OptionsOf(const config::PostgresSettings& db) {
  return {.host = db.host,
          .port = db.port,
          .name = db.name,
          .user = db.user,
          .password = db.password,
          .sslmode = db.sslmode,
          .pool_size = db.pool_size,
          .auto_migrate = db.auto_migrate};
}

repository::SqliteOptions OptionsOf(const config::EmbeddedDbSettings& db) {
  return {.path = db.path, .auto_migrate = true};
}

}  // namespace

model::Result<std::unique_ptr<repository::Storage>> OpenStorage(const config::Settings& settings) {
  return settings.db ? repository::OpenStorage(OptionsOf(*settings.db))
                     : repository::OpenStorage(OptionsOf(settings.embedded_db));
}

std::unique_ptr<repository::Migrator> OpenMigrator(const config::Settings& settings) {
  return settings.db ? repository::OpenMigrator(OptionsOf(*settings.db))
                     : repository::OpenMigrator(OptionsOf(settings.embedded_db));
}

}  // namespace balancer
