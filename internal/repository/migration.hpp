#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "internal/model/error.hpp"
#include "internal/repository/embedded_migrations.hpp"

namespace balancer::repository {

// One numbered step of the schema, forward and back.
struct Migration {
  std::int64_t version = 0;  // the number that its file's name begins with; at least 1
  std::string name;          // the file's name
  std::string up;            // statements, run together in one transaction
  std::string down;
};

// Reads files in goose's format: `-- +goose Up` and `-- +goose Down` begin the two parts.
// Statements are handed to the database together, so StatementBegin and StatementEnd, which keep
// goose from splitting at semicolons, need no more than to be left out.
//
// Sorted by version. Fails with config_invalid for a name without a number, a number given twice, a
// file without `Up`, and an annotation that we do not honour (NO TRANSACTION, ENVSUB).
model::Result<std::vector<Migration>> ParseMigrations(const std::vector<MigrationFile>& files);

}  // namespace balancer::repository
