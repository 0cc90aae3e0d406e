#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "internal/api/handler/limits_handler.hpp"
#include "internal/api/handler/settings_handler.hpp"
#include "internal/api/handler/stats_handler.hpp"
#include "internal/server/access_rule.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/loop.hpp"

namespace balancer::server {

// Sends a control-plane answer.
void SendApiResponse(Exchange& exchange, const api::ApiResponse& response);

// Serves /limits/… and, where there are such, the settings and, on the admin listener, /stats/… on
// a loop: checks who asks, collects the body, has the handler answer. Loop thread only; what it is
// given must outlive it, and the loop the storage behind the handlers.
class ControlPlane {
 public:
  // Bodies over this are refused: a limit is a few hundred bytes of JSON.
  static constexpr std::size_t kBodyBytes = 64 * 1024;

  // Without `stats`, /stats/… is not served.
  ControlPlane(Loop& loop, const config::AdminSettings& settings, api::LimitsHandler& limits,
               api::SettingsHandler* settings_handler, api::StatsHandler* stats = nullptr);
  ~ControlPlane();

  bool Serves(const http::RequestHead& head) const {
    return head.target.starts_with("/limits/") || IsOfSettings(head) || IsOfStats(head);
  }

  void OnRequest(Exchange& exchange);

 private:
  class Call;

  bool IsOfSettings(const http::RequestHead& head) const {
    return settings_ != nullptr && head.target.starts_with("/api/") &&
           api::SettingsHandler::Serves(head.path());
  }
  bool IsOfStats(const http::RequestHead& head) const {
    return stats_ != nullptr && head.target.starts_with("/stats/");
  }
  void Dispatch(Call& call);
  void OnAnswer(std::uint64_t number, const api::ApiResponse& response);

  Loop& loop_;
  const AccessRule access_;
  api::LimitsHandler& limits_;
  api::SettingsHandler* const settings_;  // nullptr: there are none
  api::StatsHandler* const stats_;        // nullptr: there are none
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Call>> calls_;
};

}  // namespace balancer::server
