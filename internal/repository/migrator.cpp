#include "internal/repository/migrator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;

bool Has(const std::vector<HistoryRow>& applied, std::int64_t version) {
  return std::ranges::find(applied, version, &HistoryRow::version) != applied.end();
}

// Says which migration failed, and keeps what kind of failure it was.
Result<void> Named(Result<void> result, const Migration& migration) {
  if (!result) {
    result.error().detail = "migration " + migration.name + ": " + result.error().detail;
  }
  return result;
}

}  // namespace

Migrator::Migrator(std::unique_ptr<MigrationDatabase> database, std::vector<Migration> migrations)
    : database_(std::move(database)), migrations_(std::move(migrations)) {}

// What is applied now, by version, without goose's version 0: each version's newest row counts.
Result<std::vector<HistoryRow>> Migrator::Applied(MigrationTransaction& transaction) const {
  auto history = transaction.History();
  if (!history) return history;
  std::map<std::int64_t, HistoryRow> newest;
  for (HistoryRow& row : *history) newest[row.version] = std::move(row);
  std::vector<HistoryRow> applied;
  for (auto& [version, row] : newest) {
    if (version > 0 && row.applied) applied.push_back(std::move(row));
  }
  return applied;
}

Result<void> Migrator::CheckNotNewer(const std::vector<HistoryRow>& applied) const {
  const std::int64_t known = migrations_.empty() ? 0 : migrations_.back().version;
  if (applied.empty() || applied.back().version <= known) return {};
  return Fail(ErrorCode::config_invalid,
              fmt::format("the database is at version {}, newer than this program, which knows "
                          "versions up to {}: run the program that belongs to it",
                          applied.back().version, known));
}

const Migration* Migrator::FirstMissing(const std::vector<HistoryRow>& applied) const {
  for (const Migration& migration : migrations_) {
    if (!Has(applied, migration.version)) return &migration;
  }
  return nullptr;
}

Result<std::vector<std::string>> Migrator::Pending() {
  std::vector<std::string> names;
  auto result = database_->Transact(false, [&](MigrationTransaction& transaction) -> Result<void> {
    const auto applied = Applied(transaction);
    if (!applied) return tl::unexpected(applied.error());
    for (const Migration& migration : migrations_) {
      if (!Has(*applied, migration.version)) names.push_back(migration.name);
    }
    return CheckNotNewer(*applied);
  });
  if (!result) return tl::unexpected(std::move(result.error()));
  return names;
}

Result<std::vector<std::string>> Migrator::Up() {
  auto pending = Pending();  // needs no right to write, and no lock
  if (!pending || pending->empty()) return pending;
  std::vector<std::string> names;
  while (true) {
    auto name = UpOne();
    if (!name) return tl::unexpected(std::move(name.error()));
    if (!*name) return names;
    names.push_back(**std::move(name));
  }
}

Result<std::optional<std::string>> Migrator::UpOne() {
  std::optional<std::string> name;
  auto result = database_->Transact(true, [&](MigrationTransaction& transaction) -> Result<void> {
    if (auto made = transaction.CreateHistory(); !made) return made;
    const auto applied = Applied(transaction);
    if (!applied) return tl::unexpected(applied.error());
    if (auto fits = CheckNotNewer(*applied); !fits) return fits;
    const Migration* next = FirstMissing(*applied);
    if (next == nullptr) return {};
    name = next->name;
    return Named(transaction.Execute(next->up), *next).and_then([&] {
      return transaction.Execute(
          fmt::format("INSERT INTO goose_db_version (version_id, is_applied) VALUES ({}, true)",
                      next->version));
    });
  });
  if (!result) return tl::unexpected(std::move(result.error()));
  return name;
}

Result<std::optional<std::string>> Migrator::Down() {
  std::optional<std::string> name;
  auto result = database_->Transact(true, [&](MigrationTransaction& transaction) -> Result<void> {
    const auto applied = Applied(transaction);
    if (!applied) return tl::unexpected(applied.error());
    if (auto fits = CheckNotNewer(*applied); !fits) return fits;
    if (applied->empty()) return {};
    const auto newest =
        std::ranges::find(migrations_, applied->back().version, &Migration::version);
    if (newest == migrations_.end()) {
      return Fail(ErrorCode::config_invalid,
                  fmt::format("this program does not know version {}, the newest applied",
                              applied->back().version));
    }
    name = newest->name;
    return Named(transaction.Execute(newest->down), *newest).and_then([&] {
      return transaction.Execute(
          fmt::format("DELETE FROM goose_db_version WHERE version_id = {}", newest->version));
    });
  });
  if (!result) return tl::unexpected(std::move(result.error()));
  return name;
}

Result<std::vector<MigrationStatus>> Migrator::Status() {
  std::map<std::int64_t, MigrationStatus> status;
  for (const Migration& migration : migrations_) {
    status[migration.version] = {migration.version, migration.name, false, ""};
  }
  auto result = database_->Transact(false, [&](MigrationTransaction& transaction) -> Result<void> {
    const auto applied = Applied(transaction);
    if (!applied) return tl::unexpected(applied.error());
    for (const HistoryRow& row : *applied) {
      MigrationStatus& entry = status[row.version];
      entry.version = row.version;
      entry.applied = true;
      entry.applied_at = row.time;
    }
    return {};
  });
  if (!result) return tl::unexpected(std::move(result.error()));
  std::vector<MigrationStatus> list;
  for (auto& [version, entry] : status) list.push_back(std::move(entry));
  return list;
}

}  // namespace balancer::repository
