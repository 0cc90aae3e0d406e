#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "internal/config/settings.hpp"
#include "internal/server/control_plane.hpp"
#include "internal/server/forwarder.hpp"
#include "internal/server/frontend.hpp"
#include "internal/server/loop.hpp"
#include "internal/server/routers.hpp"

namespace balancer::server {

// What all workers use. Everything in it is thread-safe and outlives them.
struct Shared {
  const config::Settings& settings;
  service::PoolService& backends;
  const upstream::AddressBook& addresses;
  service::TokenManager& tokens;
  api::LimitsHandler& limits;
  // nullptr where the redirect split is not enabled.
  api::SettingsHandler* settings_handler;
  service::SharesInForce* shares;
  ConnectionBudget& budget;
};

// One event loop with its own listener, clients, backend connections and timers, on a thread of its
// own. Made, started, told to drain and destroyed by the main thread.
class Worker {
 public:
  Worker(const Shared& shared, int listening_fd);
  // Closes all connections.
  ~Worker();

  // Any thread.
  const Traffic& traffic() const { return traffic_; }
  const ForwardingTraffic& forwarding_traffic() const { return forwarder_.traffic(); }

  // Begins to accept. No more than the first call counts.
  void Start();
  // Ends the thread after its present turn; posted tasks are not run any more.
  void Stop();

  // Accepts no more and ends when the last request is done; `on_done` is called then, on the
  // worker's thread.
  void Drain(std::function<void()> on_done);

 private:
  Traffic traffic_;
  Loop loop_;
  ControlPlane control_plane_;
  Forwarder forwarder_;
  std::optional<Redirector> redirector_;
  PublicRouter router_;
  std::unique_ptr<Frontend> frontend_;
  FrontendDrain drain_;
  std::thread thread_;
};

}  // namespace balancer::server
