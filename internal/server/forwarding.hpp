#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "internal/http/body_reader.hpp"
#include "internal/http/message.hpp"
#include "internal/http/unfinished_head.hpp"
#include "internal/model/error.hpp"
#include "internal/server/connection.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/retry_rule.hpp"
#include "internal/service/pool-service/pool_service.hpp"

namespace balancer::server {

class Forwarder;

// One request on its way to a backend and its response on the way back, through as many attempts as
// it takes. Used again for later requests. Loop thread only.
class Forwarding final : public RequestHandler, public ConnectionUser {
 public:
  explicit Forwarding(Forwarder& forwarder);

  void Start(Exchange& exchange);

  // RequestHandler
  void OnBody(std::string_view piece) override;
  void OnRequestEnd() override;
  void OnClientGone() override;
  void OnDrained() override;

  // ConnectionUser
  void OnConnected(Connection& connection) override;
  void OnConnectFailed(Connection& connection, int error) override;
  void OnData(Connection& connection, std::string_view bytes) override;
  void OnClosed(Connection& connection, int error) override;
  void OnDrained(Connection& connection) override;
  void OnDeadline(Connection& connection) override;

 private:
  enum class Stage : std::uint8_t {
    connecting,
    awaiting_head,  // the request is being sent, or has been; no whole response head yet
    body,           // the response's head has been passed on
    tunnel,         // a 101 has been passed on: bytes go both ways
  };

  // Request bytes kept for another attempt.
  static constexpr std::size_t kHeldBodyBytes = 64 * 1024;
  // Interim responses taken from a backend for one request.
  static constexpr int kMaxInterim = 16;

  // Attempts.
  void TryNextBackend();
  void Attempt(bool fresh_connection_only);
  std::unique_ptr<Connection> TakeIdleConnection();
  void ConnectFailed(model::ErrorCode code, const char* reason);
  void AttemptFailed(model::Error error, UpstreamFailure failure);
  UpstreamTraffic& traffic();

  // The request, downward.
  void SendRequest();
  void AppendBody(std::string_view piece);
  void PauseBody();
  void ResumeBody();
  void AwaitResponse();
  bool ProlongForSlowBackend();

  // The response, upward.
  bool ReadHead(std::string_view& bytes);
  bool ParseHead(std::string_view& bytes);
  bool WasAskedFor(std::string_view protocol) const;
  void BeginTunnel();
  void PassBody(std::string_view bytes);
  void EndResponse(bool connection_reusable);
  // Cuts it off, or takes it back for an error where none of it has been sent.
  void CutResponse(model::ErrorCode code, const char* reason);

  // Ends, each leaving this free for another request.
  void GiveUp(const model::Error& error);
  void Release();

  Forwarder& forwarder_;
  Exchange* exchange_ = nullptr;
  Stage stage_ = Stage::connecting;

  service::Lease lease_;
  std::vector<std::size_t> tried_;  // backends, in order
  std::unique_ptr<Connection> connection_;
  TimePoint sent_at_;        // when the request's head was
  bool kept_alive_ = false;  // connection_ has served a request before
  model::Error last_error_;

  std::string held_;  // the request's body so far, while body_held_
  bool body_held_ = true;
  bool body_paused_ = false;       // the exchange has been asked to pause
  bool request_complete_ = false;  // told by the exchange; it may still be on its way down
  // By the backend when it was last given time to take it, and what was sent since.
  std::size_t unacknowledged_ = 0;

  http::UnfinishedHead unfinished_head_;
  http::ResponseHead response_;
  int interim_count_ = 0;
  bool response_begun_ = false;  // a byte of it has come
  http::BodyReader body_;
};

}  // namespace balancer::server
