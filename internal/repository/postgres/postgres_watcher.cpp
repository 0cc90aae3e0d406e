#include "internal/repository/postgres/postgres_watcher.hpp"

namespace balancer::repository {
namespace {

using model::Result;

constexpr const char* kLimits = "clients_limits_changed";
constexpr const char* kSettings = "settings_changed";
// A server that cannot say 1 in this time is as good as away.
constexpr std::chrono::seconds kPingTimeout{2};

class Receiver : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection& connection, const char* channel, std::vector<std::string>& heard)
      : notification_receiver(connection, channel), heard_(heard) {}

  void operator()(const std::string& payload, int) override { heard_.push_back(payload); }

 private:
  std::vector<std::string>& heard_;
};

struct Receivers {
  Receivers(pqxx::connection& connection, std::vector<std::string>& heard_limits,
            std::vector<std::string>& heard_settings)
      : limits(connection, kLimits, heard_limits),
        settings(connection, kSettings, heard_settings) {}

  Receiver limits;
  Receiver settings;
};

}  // namespace

PostgresWatcher::PostgresWatcher(std::shared_ptr<Server> server, std::unique_ptr<Migrator> migrator,
                                 bool auto_migrate)
    : server_(server),
      migrator_(std::move(migrator)),
      auto_migrate_(auto_migrate),
      session_(std::move(server), [this](pqxx::connection& connection) {
        session_.Attach(std::make_shared<Receivers>(connection, heard_, settings_heard_));
      }) {}

Result<void> PostgresWatcher::Open() {
  session_.Close();
  heard_.clear();
  settings_heard_.clear();
  return BringUpToDate(*migrator_, auto_migrate_, server_->log)
      .and_then([&] { return session_.Connect(); })
      .and_then([&] { return Ping(); });
}

Result<void> PostgresWatcher::Ping() {
  return session_.Run(kPingTimeout, [&](pqxx::connection& connection) {
    pqxx::nontransaction(connection).exec("SELECT 1 FROM clients_limits LIMIT 1");
  });
}

Result<void> PostgresWatcher::Collect(const Listener& listener) {
  auto read =
      session_.Run(kCallTimeout, [](pqxx::connection& connection) { connection.get_notifs(); });
  for (const std::string& client_id : std::exchange(heard_, {})) listener.limits(client_id);
  if (!std::exchange(settings_heard_, {}).empty()) listener.settings();
  return read;
}

std::chrono::milliseconds PostgresWatcher::period() const {
  return std::chrono::seconds(1);
}

}  // namespace balancer::repository
