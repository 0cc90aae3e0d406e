#pragma once

#include <string_view>
#include <vector>

namespace balancer::repository {

// A file of migrations/, built into the program.
struct MigrationFile {
  std::string_view name;  // "00001_clients_limits.sql"
  std::string_view text;
};

// migrations/*.sql and migrations/sqlite/*.sql, in order of name.
const std::vector<MigrationFile>& PostgresMigrationFiles();
const std::vector<MigrationFile>& SqliteMigrationFiles();

}  // namespace balancer::repository
