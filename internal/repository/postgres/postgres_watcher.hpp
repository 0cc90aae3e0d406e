#pragma once

#include <memory>

#include "internal/repository/change_watcher.hpp"
#include "internal/repository/migrator.hpp"
#include "internal/repository/postgres/session.hpp"

namespace balancer::repository {

// Hears NOTIFY clients_limits_changed and settings_changed, which the tables' triggers send.
class PostgresWatcher : public ChangeWatcher {
 public:
  PostgresWatcher(std::shared_ptr<Server> server, std::unique_ptr<Migrator> migrator,
                  bool auto_migrate);

  model::Result<void> Open() override;
  model::Result<void> Ping() override;
  model::Result<void> Collect(const Listener& listener) override;
  int descriptor() const override { return session_.socket(); }
  std::chrono::milliseconds period() const override;
  void Interrupt() override { server_->watchdog.EndAll(); }

 private:
  const std::shared_ptr<Server> server_;
  const std::unique_ptr<Migrator> migrator_;
  const bool auto_migrate_;
  std::vector<std::string> heard_;           // client_ids not yet collected
  std::vector<std::string> settings_heard_;  // tags likewise
  Session session_;                          // its connections listen; none is made but by Open
};

}  // namespace balancer::repository
