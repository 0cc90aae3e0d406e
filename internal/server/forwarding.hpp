#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "internal/http/chunked.hpp"
#include "internal/http/message.hpp"
#include "internal/http/unfinished_head.hpp"
#include "internal/model/error.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/retry_rule.hpp"
#include "internal/server/upstream/connection.hpp"
#include "internal/service/pool-service/pool_service.hpp"

namespace balancer::server {

class Forwarder;

// One request on its way to a backend and its response on the way back, through as many attempts as
// it takes. Used again for later requests. Loop thread only.
class Forwarding final : public RequestHandler, public upstream::ConnectionUser {
 public:
  explicit Forwarding(Forwarder& forwarder);

  void Start(Exchange& exchange);

  // RequestHandler
  void OnBody(std::string_view piece) override;
  void OnRequestEnd() override;
  void OnClientGone() override;
  void OnDrained() override;

  // upstream::ConnectionUser
  void OnConnected(upstream::Connection& connection) override;
  void OnConnectFailed(upstream::Connection& connection, int error) override;
  void OnData(upstream::Connection& connection, std::string_view bytes) override;
  void OnClosed(upstream::Connection& connection, int error) override;
  void OnDrained(upstream::Connection& connection) override;

 private:
  enum class Stage : std::uint8_t {
    connecting,
    awaiting_head,  // the request is being sent, or has been; no whole response head yet
    body,           // the response's head has been passed on
  };

  // Request bytes kept for another attempt.
  static constexpr std::size_t kHeldBodyBytes = 64 * 1024;
  // Interim responses taken from a backend for one request.
  static constexpr int kMaxInterim = 16;

  // Attempts.
  void TryNextBackend();
  void Attempt(bool fresh_connection_only);
  std::unique_ptr<upstream::Connection> TakeIdleConnection();
  void ConnectFailed(model::ErrorCode code, const char* reason);
  void AttemptFailed(model::Error error, bool closed);
  void OnDeadline();

  // The request, downward.
  void SendRequest();
  void AppendBody(std::string_view piece);
  void PauseBody();
  void ResumeBody();
  void AwaitResponse();

  // The response, upward.
  bool ReadHead(std::string_view& bytes);
  bool KeepUnfinishedHead(std::string_view bytes);
  void PassBody(std::string_view bytes);
  void EndResponse(bool connection_reusable);
  void CutResponse();

  // Ends, each leaving this free for another request.
  void GiveUp(const model::Error& error);
  void Release();

  Forwarder& forwarder_;
  Exchange* exchange_ = nullptr;
  Stage stage_ = Stage::connecting;

  service::Lease lease_;
  std::vector<std::size_t> tried_;  // backends, in order
  std::unique_ptr<upstream::Connection> connection_;
  bool kept_alive_ = false;  // connection_ has served a request before
  model::Error last_error_;
  Deadline deadline_{[this] { OnDeadline(); }};

  std::string held_;  // the request's body so far, while body_held_
  bool body_held_ = true;
  bool body_paused_ = false;       // the exchange has been asked to pause
  bool request_complete_ = false;  // told by the exchange; it may still be on its way down

  std::string in_;  // an unfinished response head; empty while heads arrive in one piece
  http::UnfinishedHead unfinished_head_;
  http::ResponseHead response_;
  int interim_count_ = 0;
  http::ChunkedDecoder chunks_;
  std::uint64_t body_left_ = 0;  // for a response measured by length
};

}  // namespace balancer::server
