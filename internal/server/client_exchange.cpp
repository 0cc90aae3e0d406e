#include "internal/server/client_exchange.hpp"

#include <utility>

#include "internal/server/client_connection.hpp"
#include "internal/server/client_side.hpp"
#include "internal/server/write_body.hpp"

namespace balancer::server {

using http::Framing;
using http::ParseResult;
using model::ErrorCode;

namespace {

// A buffer that grew past this is given back.
constexpr std::size_t kKeptBytes = 64 * 1024;

}  // namespace

ClientExchange::ClientExchange(ClientSide& side)
    : Exchange(side.clock, side.traffic), side_(side) {}

void ClientExchange::Attach(ClientConnection& connection, const Peer& peer) {
  connection_ = &connection;
  peer_ = &peer;
}

ParseResult ClientExchange::Begin(std::string_view bytes) {
  Reset();
  if (head_bytes_.capacity() > kKeptBytes) head_bytes_ = {};
  head_bytes_.assign(bytes);
  ParseResult result = http::ParseRequestHead(head_bytes_, side_.head_limits, head_);
  if (result.status != ParseResult::Status::complete) return result;
  const Framing& framing = head_.framing;
  if (framing.kind == Framing::Kind::length && framing.length > side_.body_limit) {
    result.status = ParseResult::Status::error;
    result.error = {ErrorCode::body_too_large, "the request body is too large"};
    return result;
  }
  Start(framing, side_.body_limit);
  continue_owed_ = head_.expects_continue && framing.has_body();
  return result;
}

void ClientExchange::Refuse(const model::Error& error) {
  Reset();
  head_.Clear();
  Start({Framing::Kind::until_close, 0}, http::BodyReader::kNoLimit);  // what comes is not read
  Fail(error);
}

void ClientExchange::Start(const Framing& framing, std::uint64_t body_limit) {
  body_.Start(framing, body_limit);
  is_tunnel_ = body_paused_ = continue_owed_ = drain_awaited_ = wrote_ = false;
  began_at_ = complete_at_ = side_.loop.Now();
  traffic_.requests.Add();
  TakeRequestId();
}

void ClientExchange::End() {
  write_deadline_.Disarm();
  traffic_.ended.At(http::ToMethod(head_.method), status_).Add();
  if (!is_tunnel_) traffic_.durations.Add(side_.loop.Now() - began_at_);
}

std::optional<model::Error> ClientExchange::TellBody(std::string_view& bytes) {
  using Event = http::BodyReader::Event;
  std::string_view data;
  switch (body_.Next(bytes, data)) {
    case Event::malformed:
      return model::Error{ErrorCode::malformed_request, "the chunked body is malformed"};
    case Event::too_large:
      return model::Error{ErrorCode::body_too_large, "the request body is too large"};
    case Event::data:
      if (handler_) handler_->OnBody(data);
      break;
    case Event::need_more:
    case Event::end:
      break;
  }
  if (body_.complete()) {
    complete_at_ = side_.loop.Now();
    if (handler_) handler_->OnRequestEnd();
  }
  return std::nullopt;
}

void ClientExchange::PauseBody() {
  body_paused_ = true;
  connection_->PauseBody();
}

void ClientExchange::ResumeBody() {
  body_paused_ = false;
  connection_->WantBody();
}

void ClientExchange::ReadTunnel() {
  body_.Start({Framing::Kind::until_close, 0});
  is_tunnel_ = true;
  ResumeBody();
}

void ClientExchange::SendContinue() {
  http::ResponseHead interim;
  interim.status = 100;
  interim.reason = http::ReasonPhrase(100);
  SendInterim(interim);
}

void ClientExchange::SendOwedContinue() {
  if (std::exchange(continue_owed_, false)) SendContinue();
}

void ClientExchange::TellGone() {
  if (RequestHandler* handler = std::exchange(handler_, nullptr)) handler->OnClientGone();
}

void ClientExchange::FailRequest(const model::Error& error) {
  TellGone();
  Fail(error);
}

void ClientExchange::TellTunnelEnd() {
  if (handler_) handler_->OnRequestEnd();
}

void ClientExchange::ExpectEnd() {
  connection_->ExpectEnd();
}

void ClientExchange::ResponseComplete() {
  connection_->CompleteResponse();
}

void ClientExchange::Cut(bool by_reset) {
  connection_->Cut(by_reset);
}

bool ClientExchange::CanKeepAlive() const {
  return body_complete() && !side_.draining;
}

// ---- What the client takes

std::size_t ClientExchange::unsent() const {
  return connection_->unsent() + out_.size();
}

void ClientExchange::WriteOut(std::string_view more) {
  wrote_ = true;
  unacknowledged_ += out_.size() + more.size();
  connection_->Send(out_.view(), more);
  out_.Clear();
  const std::size_t left = unsent();
  if (left == 0) return;
  drain_awaited_ = drain_awaited_ || left >= kHighWater;
  if (write_deadline_.armed()) return;
  unacknowledged_ = connection_->Unacknowledged();
  side_.body_deadlines.Arm(write_deadline_);
}

void ClientExchange::NoteTaken() {
  if (unsent() == 0) write_deadline_.Disarm();
  if (unsent() > kLowWater || !std::exchange(drain_awaited_, false)) return;
  if (handler_) handler_->OnDrained();
}

void ClientExchange::OnWriteDeadline() {
  if (!GoesOnTaking(unacknowledged_, connection_->Unacknowledged())) return Cut(true);
  side_.body_deadlines.Arm(write_deadline_);
}

}  // namespace balancer::server
