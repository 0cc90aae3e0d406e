#include "internal/server/forwarding.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include "internal/http/parser.hpp"
#include "internal/http/serialize.hpp"
#include "internal/server/forwarder.hpp"
#include "internal/server/write_body.hpp"

namespace balancer::server {

using http::Framing;
using model::ErrorCode;

Forwarding::Forwarding(Forwarder& forwarder) : forwarder_(forwarder) {}

void Forwarding::Start(Exchange& exchange) {
  exchange_ = &exchange;
  exchange.Accept(*this);
  tried_.clear();
  body_held_ = true;
  request_complete_ = !exchange.head().framing.has_body();
  body_paused_ = false;
  interim_count_ = 0;
  PauseBody();
  TryNextBackend();
}

void Forwarding::PauseBody() {
  if (request_complete_ || body_paused_) return;
  body_paused_ = true;
  exchange_->PauseBody();
}

void Forwarding::ResumeBody() {
  if (!body_paused_) return;
  body_paused_ = false;
  exchange_->ResumeBody();
}

// ---- Attempts

void Forwarding::TryNextBackend() {
  if (tried_.size() >= static_cast<std::size_t>(forwarder_.settings_.attempts)) {
    return GiveUp(last_error_);
  }
  auto lease = forwarder_.backends_.Choose(tried_);
  if (!lease) {
    return GiveUp(tried_.empty() ? model::Error{ErrorCode::no_backend, "no backend is available"}
                                 : last_error_);
  }
  if (!tried_.empty()) forwarder_.traffic_.retries_on_other.Add();
  lease_ = std::move(*lease);
  tried_.push_back(lease_.backend());
  Attempt(false);
}

void Forwarding::Attempt(bool fresh_connection_only) {
  unfinished_head_.Reset();
  response_begun_ = false;
  if (!fresh_connection_only) {
    connection_ = TakeIdleConnection();
    if (connection_) {
      kept_alive_ = true;
      connection_->SetUser(*this);
      return SendRequest();
    }
  }
  kept_alive_ = false;
  stage_ = Stage::connecting;
  const auto address = forwarder_.addresses_.Find(lease_.backend());
  int error = EHOSTUNREACH;  // its name has not been looked up
  do {
    connection_ = forwarder_.connections_.Make();
    if (address) error = connection_->Connect(address->get(), address->length, *this);
  } while (IsOwnShortage(error) && forwarder_.connections_.DropOne());
  if (IsOwnShortage(error)) {
    // No better with another backend.
    connection_.reset();
    return GiveUp({ErrorCode::no_backend, "too many connections are open"});
  }
  if (error != 0) return ConnectFailed(ErrorCode::backend_unreachable, std::strerror(error));
  forwarder_.connect_deadlines_.Arm(connection_->deadline());
}

std::unique_ptr<Connection> Forwarding::TakeIdleConnection() {
  auto connection = forwarder_.connections_.TakeIdle(lease_.backend());
  // A request that cannot be sent twice is worth a look whether the backend has just closed.
  if (!http::IsIdempotent(exchange_->head().method)) {
    while (connection && !connection->IsQuiet()) {
      connection = forwarder_.connections_.TakeIdle(lease_.backend());
    }
  }
  return connection;
}

void Forwarding::OnConnected(Connection&) {
  SendRequest();
}

void Forwarding::OnConnectFailed(Connection&, int error) {
  ConnectFailed(error == ETIMEDOUT ? ErrorCode::backend_timeout : ErrorCode::backend_unreachable,
                std::strerror(error));
}

void Forwarding::ConnectFailed(ErrorCode code, const char* reason) {
  forwarder_.backends_.ReportConnectFailure(lease_.backend(), reason);
  const bool timed_out = code == ErrorCode::backend_timeout;
  AttemptFailed(
      {code, timed_out ? "connecting to the backend timed out" : "the backend cannot be reached"},
      timed_out ? UpstreamFailure::connect_timeout : UpstreamFailure::connect);
}

void Forwarding::AttemptFailed(model::Error error, UpstreamFailure failure) {
  const RetryVerdict verdict =
      JudgeRetry({.method = exchange_->head().method,
                  .request_sent = stage_ != Stage::connecting && connection_->sent_any(),
                  .response_begun = response_begun_,
                  .body_held = body_held_,
                  .kept_alive = kept_alive_,
                  .closed = failure == UpstreamFailure::closed});
  // A kept-alive connection closed under us is no fault of the backend's.
  if (verdict != RetryVerdict::same_backend) traffic().CountFailure(failure);
  connection_.reset();
  last_error_ = std::move(error);
  PauseBody();  // until another connection can take it
  switch (verdict) {
    case RetryVerdict::give_up:
      return GiveUp(last_error_);
    case RetryVerdict::same_backend:
      forwarder_.traffic_.retries_on_same.Add();
      return Attempt(true);
    case RetryVerdict::other_backend:
      lease_.Release();
      return TryNextBackend();
  }
}

void Forwarding::OnDeadline(Connection&) {
  switch (stage_) {
    case Stage::connecting:
      return ConnectFailed(ErrorCode::backend_timeout, "connecting timed out");
    case Stage::awaiting_head:
      if (ProlongForSlowBackend()) return;
      return AttemptFailed({ErrorCode::backend_timeout, "the backend did not answer in time"},
                           UpstreamFailure::timeout);
    case Stage::body:
      return CutResponse(ErrorCode::backend_timeout, "the backend stopped in its response");
    case Stage::tunnel:
      if (ProlongForSlowBackend()) return;
      return EndResponse(false);
  }
}

// ---- The request, downward

void Forwarding::SendRequest() {
  stage_ = Stage::awaiting_head;
  sent_at_ = forwarder_.loop_.Now();
  unacknowledged_ = 0;
  const http::RequestHead& head = exchange_->head();
  const Peer& peer = exchange_->peer();
  const model::BackendSettings& backend = forwarder_.backends_.settings(lease_.backend());
  const auto& trusted = forwarder_.trusted_proxies_;
  http::AppendRequestHead(
      connection_->out(), head, head.framing, backend.base_path, backend.authority,
      {.peer_ip = peer.ip_text,
       .peer_is_trusted = !trusted.empty() && model::ContainsAddress(trusted, peer.ip),
       .request_id = exchange_->request_id()});
  if (!held_.empty()) AppendBody(held_);
  if (request_complete_) {
    if (head.framing.kind == Framing::Kind::chunked) connection_->out().Append(http::kLastChunk);
    connection_->Flush();
    return AwaitResponse();
  }
  // The body's first piece usually follows within this turn, and leaves together with the head.
  connection_->FlushSoon();
  forwarder_.idle_deadlines_.Arm(connection_->deadline());
  ResumeBody();
}

void Forwarding::AppendBody(std::string_view piece) {
  unacknowledged_ += piece.size();
  WriteBody(connection_->out(), piece, exchange_->head().framing.kind == Framing::Kind::chunked,
            [this](std::string_view large) { connection_->Send(large); });
}

void Forwarding::OnBody(std::string_view piece) {
  if (body_held_ && held_.size() + piece.size() <= kHeldBodyBytes) {
    held_.append(piece);
  } else {
    body_held_ = false;
    held_.clear();
  }
  AppendBody(piece);
  connection_->FlushSoon();  // small pieces leave together
  if (stage_ != Stage::body) forwarder_.idle_deadlines_.Arm(connection_->deadline());
  if (connection_->unsent() < Exchange::kHighWater) return;
  unacknowledged_ = connection_->Unacknowledged();
  PauseBody();
}

void Forwarding::OnRequestEnd() {
  request_complete_ = true;
  if (stage_ == Stage::tunnel) return connection_->EndSending();
  if (exchange_->head().framing.kind == Framing::Kind::chunked) {
    connection_->out().Append(http::kLastChunk);
  }
  connection_->Flush();
  if (stage_ == Stage::awaiting_head) AwaitResponse();
}

// The time for a response runs from the request's last byte; until then, from its last progress.
void Forwarding::AwaitResponse() {
  if (connection_->unsent() == 0) {
    forwarder_.response_deadlines_.Arm(connection_->deadline());
  } else {
    unacknowledged_ = connection_->Unacknowledged();
    forwarder_.idle_deadlines_.Arm(connection_->deadline());
  }
}

bool Forwarding::ProlongForSlowBackend() {
  if (connection_->unsent() == 0) return false;
  if (!GoesOnTaking(unacknowledged_, connection_->Unacknowledged())) return false;
  forwarder_.idle_deadlines_.Arm(connection_->deadline());
  return true;
}

void Forwarding::OnDrained(Connection&) {
  if (request_complete_ && stage_ == Stage::awaiting_head) return AwaitResponse();
  if (stage_ != Stage::body) forwarder_.idle_deadlines_.Arm(connection_->deadline());
  ResumeBody();
}

// ---- The response, upward

void Forwarding::OnData(Connection&, std::string_view bytes) {
  if (stage_ == Stage::awaiting_head && !ReadHead(bytes)) return;
  PassBody(bytes);
}

// Reads response heads, interim ones too. True when the final one has been passed on: `bytes` is
// what came behind it then. False: more is needed, or the request has come to its end.
bool Forwarding::ReadHead(std::string_view& bytes) {
  response_begun_ = true;
  do {
    if (!ParseHead(bytes)) return false;
    if (response_.status == 101 || response_.status >= 200) {
      traffic().CountResponse(response_.status, forwarder_.loop_.Now() - sent_at_);
    }
    if (response_.status == 101) {
      BeginTunnel();
      return true;
    }
    if (response_.status < 200 && response_.status != 100) exchange_->SendInterim(response_);
  } while (response_.status < 200);
  stage_ = Stage::body;
  body_.Start(response_.framing);
  exchange_->SendHead(response_);
  return true;
}

// Moves past the head at the front of `bytes`. False: it is not whole yet, or no valid one.
bool Forwarding::ParseHead(std::string_view& bytes) {
  using Status = http::ParseResult::Status;
  http::ParseResult result;
  if (unfinished_head_.ParseDue(bytes, forwarder_.response_limits_)) {
    result = http::ParseResponseHead(bytes, forwarder_.response_limits_, exchange_->head().method,
                                     response_);
  }
  if (result.status == Status::incomplete) {
    connection_->PutBack(bytes);
    return false;
  }
  const char* fault = nullptr;
  if (result.status == Status::error) {
    fault = "the backend sent no valid response";
  } else if (response_.status == 101 && !WasAskedFor(response_.upgrade)) {
    fault = "the backend switched protocols unasked";
  } else if (response_.status < 200 && ++interim_count_ > kMaxInterim) {
    fault = "the backend sent too many interim responses";
  }
  if (fault) {
    traffic().CountFailure(UpstreamFailure::bad_response);
    GiveUp({ErrorCode::backend_bad_response, fault});
    return false;
  }
  bytes.remove_prefix(result.head_bytes);
  unfinished_head_.Reset();
  return true;
}

bool Forwarding::WasAskedFor(std::string_view protocol) const {
  return !protocol.empty() && http::ListHas(exchange_->head().upgrade, protocol);
}

void Forwarding::BeginTunnel() {
  stage_ = Stage::tunnel;
  request_complete_ = false;
  body_held_ = false;
  response_.framing.kind = Framing::Kind::until_close;
  body_.Start(response_.framing);
  exchange_->SwitchProtocols(response_);
}

void Forwarding::PassBody(std::string_view bytes) {
  using Event = http::BodyReader::Event;
  std::string_view piece;
  Event event;
  while ((event = body_.Next(bytes, piece)) == Event::data) exchange_->SendBody(piece);
  if (event == Event::end) return EndResponse(bytes.empty());
  if (event != Event::need_more) {
    return CutResponse(ErrorCode::backend_bad_response, "the backend's chunked body is malformed");
  }
  exchange_->Flush();
  if (exchange_->unsent() < Exchange::kHighWater) {
    forwarder_.idle_deadlines_.Arm(connection_->deadline());
  } else {
    // The client's slowness is not the backend's: no deadline while we do not read.
    connection_->deadline().Disarm();
    connection_->PauseReading();
  }
}

void Forwarding::OnDrained() {
  if (!connection_) return;
  forwarder_.idle_deadlines_.Arm(connection_->deadline());
  connection_->ResumeReading();
}

void Forwarding::OnClosed(Connection&, int error) {
  if (stage_ == Stage::awaiting_head) {
    return AttemptFailed(
        {response_begun_ ? ErrorCode::backend_bad_response : ErrorCode::backend_unreachable,
         "the backend closed the connection before its response"},
        UpstreamFailure::closed);
  }
  const bool whole = response_.framing.kind == Framing::Kind::until_close && error == 0;
  if (whole) return EndResponse(false);
  CutResponse(ErrorCode::backend_unreachable, "the backend broke off in its response");
}

void Forwarding::EndResponse(bool connection_reusable) {
  if (connection_reusable && response_.keep_alive && request_complete_ && connection_->reusable()) {
    forwarder_.connections_.Put(lease_.backend(), std::move(connection_));
  }
  Exchange& exchange = *exchange_;
  Release();
  exchange.Finish();
}

void Forwarding::CutResponse(model::ErrorCode code, const char* reason) {
  traffic().CountFailure(UpstreamFailure::cut);
  Exchange& exchange = *exchange_;
  Release();
  exchange.Fail({code, reason});
}

UpstreamTraffic& Forwarding::traffic() {
  return forwarder_.traffic_.backends[lease_.backend()];
}

// ---- Ends

void Forwarding::OnClientGone() {
  Release();
}

void Forwarding::GiveUp(const model::Error& error) {
  const model::Error told = error;  // `error` may be last_error_
  Exchange& exchange = *exchange_;
  Release();
  exchange.Fail(told, told.code == ErrorCode::no_backend ? 1 : 0);
}

void Forwarding::Release() {
  connection_.reset();
  lease_.Release();
  exchange_ = nullptr;
  held_.clear();
  if (held_.capacity() > kDirectBytes) held_.shrink_to_fit();
  forwarder_.forwardings_.GiveBack(*this);
}

}  // namespace balancer::server
