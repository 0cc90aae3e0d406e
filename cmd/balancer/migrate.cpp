#include "cmd/balancer/migrate.hpp"

#include <fmt/format.h>

#include "cmd/balancer/storage_options.hpp"

namespace balancer {
namespace {

int Fail(const model::Error& error) {
  fmt::print(stderr, "balancer: {}\n", error.detail);
  return 1;
}

int Up(repository::Migrator& migrator) {
  const auto applied = migrator.Up();
  if (!applied) return Fail(applied.error());
  for (const std::string& name : *applied) fmt::print("applied {}\n", name);
  if (applied->empty()) fmt::print("nothing to apply\n");
  return 0;
}

int Down(repository::Migrator& migrator) {
  const auto taken_back = migrator.Down();
  if (!taken_back) return Fail(taken_back.error());
  if (*taken_back) {
    fmt::print("took back {}\n", **taken_back);
  } else {
    fmt::print("nothing to take back\n");
  }
  return 0;
}

int Status(repository::Migrator& migrator) {
  const auto all = migrator.Status();
  if (!all) return Fail(all.error());
  for (const auto& migration : *all) {
    fmt::print("{:05} {:<40} {}\n", migration.version,
               migration.name.empty() ? "(unknown to this program)" : migration.name,
               migration.applied ? "applied " + migration.applied_at : "missing");
  }
  return 0;
}

}  // namespace

int Migrate(const config::Settings& settings, const std::string& action) {
  const auto migrator = OpenMigrator(settings);
  if (action == "up") return Up(*migrator);
  if (action == "down") return Down(*migrator);
  return Status(*migrator);
}

}  // namespace balancer
