#pragma once

#include <memory>

#include "internal/config/settings.hpp"
#include "internal/repository/storage.hpp"

namespace balancer {

// The store that the settings name: PostgreSQL where there is a `db` section, else the embedded
// one.
model::Result<std::unique_ptr<repository::Storage>> OpenStorage(const config::Settings& settings);
std::unique_ptr<repository::Migrator> OpenMigrator(const config::Settings& settings);

}  // namespace balancer
