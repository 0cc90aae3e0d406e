#include "internal/server/client_exchange.hpp"

#include <utility>

namespace balancer::server {

using http::Framing;
using http::ParseResult;
using model::ErrorCode;

namespace {

// A buffer that grew past this is given back.
constexpr std::size_t kKeptBytes = 64 * 1024;

}  // namespace

ParseResult ClientExchange::Begin(std::string_view bytes, const Peer& peer,
                                  const http::HeadLimits& limits, std::uint64_t body_limit) {
  Reset(peer);
  if (head_bytes_.capacity() > kKeptBytes) head_bytes_ = {};
  head_bytes_.assign(bytes);
  ParseResult result = http::ParseRequestHead(head_bytes_, limits, head_);
  if (result.status != ParseResult::Status::complete) return result;
  const Framing& framing = head_.framing;
  if (framing.kind == Framing::Kind::length && framing.length > body_limit) {
    result.status = ParseResult::Status::error;
    result.error = {ErrorCode::body_too_large, "the request body is too large"};
    return result;
  }
  body_.Start(framing, body_limit);
  CountBegun();
  is_tunnel_ = false;
  body_paused_ = false;
  continue_owed_ = head_.expects_continue && framing.has_body();
  drain_awaited_ = false;
  TakeRequestId();
  return result;
}

void ClientExchange::Refuse(const Peer& peer, const model::Error& error) {
  Reset(peer);
  CountBegun();
  body_.Start({Framing::Kind::until_close, 0});  // whatever still comes is not read
  is_tunnel_ = false;
  drain_awaited_ = false;
  TakeRequestId();
  Fail(error);
}

void ClientExchange::CountBegun() {
  traffic_.requests.Add();
  began_at_ = loop_.Now();
}

void ClientExchange::End() {
  traffic_.ended.At(http::ToMethod(head_.method), status_).Add();
  if (!is_tunnel_) traffic_.durations.Add(loop_.Now() - began_at_);
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
  if (body_.complete() && handler_) handler_->OnRequestEnd();
  return std::nullopt;
}

void ClientExchange::ResumeBody() {
  body_paused_ = false;
  WantBody();
}

void ClientExchange::ReadTunnel() {
  body_.Start({Framing::Kind::until_close, 0});
  is_tunnel_ = true;
  body_paused_ = false;
  WantBody();
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

void ClientExchange::TellDrained() {
  if (!std::exchange(drain_awaited_, false)) return;
  if (handler_) handler_->OnDrained();
}

}  // namespace balancer::server
