#pragma once

#include <memory>
#include <string>
#include <vector>

#include "internal/model/backend.hpp"
#include "internal/server/connection.hpp"
#include "internal/server/health_checker.hpp"

struct evdns_getaddrinfo_request;
struct addrinfo;

namespace balancer::server {

// The checks of one backend, one at a time: name look-up, connect (to each of its addresses in
// turn), request, status; all within `health.timeout`. Loop thread only.
class HealthCheck final : public ConnectionUser {
 public:
  HealthCheck(HealthChecker& checker, std::size_t backend);
  ~HealthCheck();

  // Begins a check now; when one is under way, another follows it.
  void Run();

  void OnConnected(Connection& connection) override;
  void OnConnectFailed(Connection& connection, int error) override;
  void OnData(Connection& connection, std::string_view bytes) override;
  void OnClosed(Connection& connection, int error) override;

 private:
  void LookUp();
  void OnAddresses(int error, addrinfo* found);
  void ConnectToNext(std::string_view reason_of_last);
  // Tries again in a while, without a result: nothing was learnt about the backend.
  void Postpone();
  void Stop();
  void End(bool passed, std::string_view reason);
  void EndAndRepeat(bool passed, std::string_view reason, milliseconds next);

  HealthChecker& checker_;
  const std::size_t backend_;
  const model::BackendSettings& settings_;
  bool running_ = false;
  bool connected_ = false;
  bool first_ = true;
  bool run_again_ = false;
  Timer timeout_;
  Timer next_;
  evdns_getaddrinfo_request* look_up_ = nullptr;
  std::vector<upstream::SocketAddress> addresses_;  // not tried yet, the next one last
  upstream::SocketAddress address_;                 // being tried
  std::unique_ptr<Connection> connection_;
  std::string in_;
};

}  // namespace balancer::server
