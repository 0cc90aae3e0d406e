#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "internal/api/handler/limits_handler.hpp"
#include "internal/server/access_rule.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/loop.hpp"

namespace balancer::server {

// Sends a control-plane answer.
void SendApiResponse(Exchange& exchange, const api::ApiResponse& response);

// Serves /limits/… on a loop: checks who asks, collects the body, has the handler answer. Loop
// thread only; the references must outlive it, and the loop the storage behind the handler.
class ControlPlane {
 public:
  // Bodies over this are refused: a limit is a few hundred bytes of JSON.
  static constexpr std::size_t kBodyBytes = 64 * 1024;

  ControlPlane(Loop& loop, const config::AdminSettings& settings, api::LimitsHandler& limits);
  ~ControlPlane();

  static bool Serves(std::string_view target) { return target.starts_with("/limits/"); }

  void OnRequest(Exchange& exchange);

 private:
  class Call;

  void Dispatch(Call& call);
  void OnAnswer(std::uint64_t number, const api::ApiResponse& response);

  Loop& loop_;
  const AccessRule access_;
  api::LimitsHandler& limits_;
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<Call>> calls_;
};

}  // namespace balancer::server
