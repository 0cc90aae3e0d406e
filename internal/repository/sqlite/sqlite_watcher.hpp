#pragma once

#include <cstdint>
#include <memory>

#include "internal/repository/change_watcher.hpp"
#include "internal/repository/migrator.hpp"
#include "internal/repository/sqlite/database.hpp"

namespace balancer::repository {

// Reads on in clients_limits_changes, the log that the table's triggers write, whenever PRAGMA
// data_version says that some connection has written to the file, and looks at settings_revision.
class SqliteWatcher : public ChangeWatcher {
 public:
  SqliteWatcher(std::shared_ptr<SqliteFile> file, std::unique_ptr<Migrator> migrator,
                bool auto_migrate);

  model::Result<void> Open() override;
  model::Result<void> Ping() override;
  model::Result<void> Collect(const Listener& listener) override;
  int descriptor() const override { return -1; }
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(200); }
  void Interrupt() override {}  // no call waits for longer than SqliteDatabase's 2 s

 private:
  model::Result<std::int64_t> Number(const char* sql);

  const std::shared_ptr<SqliteFile> file_;
  const std::unique_ptr<Migrator> migrator_;
  const bool auto_migrate_;
  SqliteDatabase database_;
  std::int64_t data_version_ = 0;  // when last read
  std::int64_t last_seq_ = 0;      // the newest change told
  std::int64_t revision_ = 0;      // of the settings, told
};

}  // namespace balancer::repository
