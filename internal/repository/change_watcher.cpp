#include "internal/repository/change_watcher.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "internal/repository/migrator.hpp"
#include "internal/repository/outage_log.hpp"

namespace balancer::repository {

model::Result<void> BringUpToDate(Migrator& migrator, bool auto_migrate, OutageLog& log) {
  auto names = auto_migrate ? migrator.Up() : migrator.Pending();
  if (!names) {
    // The database's own words are in the log already; these are ours.
    if (names.error().code != model::ErrorCode::storage_unavailable) log.Down(names.error().detail);
    return tl::unexpected(std::move(names.error()));
  }
  if (auto_migrate) {
    for (const std::string& name : *names) spdlog::info("storage: applied migration {}", name);
    return {};
  }
  if (names->empty()) return {};
  log.Down(fmt::format("{} migrations are missing, the first is {}: run `balancer migrate up`",
                       names->size(), names->front()));
  return model::Fail(model::ErrorCode::storage_unavailable, "the database has not been migrated");
}

}  // namespace balancer::repository
