#include "internal/server/native_connection.hpp"

#include <utility>

#include "internal/server/native_frontend.hpp"

namespace balancer::server {

using http::ParseResult;
using model::ErrorCode;

namespace {

// Up to here all input is taken for one head when it is copied; in more, the head's end is looked
// for first, so that of many requests sent ahead each is copied once.
constexpr std::size_t kUsualHeadBytes = 2048;
// Requests of one client that are begun before others get their turn.
constexpr int kHeadsPerTurn = 16;
// A client that sends its end this soon after its request may just have nothing more to say.
constexpr milliseconds kHalfCloseWindow{1'000};

}  // namespace

NativeConnection::NativeConnection(NativeFrontend& frontend, int fd, Peer peer)
    : frontend_(frontend),
      side_(frontend.side_),
      socket_(frontend.shared_),
      peer_(std::move(peer)) {
  socket_.Adopt(fd, *this);
  side_.idle_deadlines.Arm(socket_.deadline());
}

NativeConnection::~NativeConnection() = default;

void NativeConnection::CloseIfIdle() {
  if (phase_ != Phase::idle) return;
  served_ ? Close() : side_.linger_deadlines.Arm(socket_.deadline());
}

void NativeConnection::Close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  socket_.Close();
  if (exchange_) {
    ClientExchange& exchange = *exchange_;
    exchange.End();
    GiveBackExchange();
    exchange.TellGone();
  }
  frontend_.Bury(*this);
}

void NativeConnection::GiveBackExchange() {
  side_.exchanges.GiveBack(*exchange_);
  exchange_ = nullptr;
}

void NativeConnection::Cut(bool by_reset) {
  if (by_reset) socket_.CloseByReset();
  Close();
}

// ---- The request

void NativeConnection::OnData(Connection&, std::string_view bytes) {
  for (int heads = 0; !bytes.empty();) {
    switch (phase_) {
      case Phase::idle:
      case Phase::head:
        if (heads++ == kHeadsPerTurn) {
          socket_.PutBack(bytes);
          return socket_.YieldReading();
        }
        if (!ReadHead(bytes)) return;
        break;
      case Phase::serving:
        if (!ReadBody(bytes)) return;
        break;
      case Phase::flushing:
        return socket_.PutBack(bytes);
      case Phase::closing:
        if (side_.loop.Now() < closing_until_) {
          side_.linger_deadlines.Arm(socket_.deadline());
        }
        return;
      case Phase::closed:
        return;
    }
  }
}

// Moves past the head at the front of `bytes` and serves it. False: there is none.
bool NativeConnection::ReadHead(std::string_view& bytes) {
  // Empty lines before a request are passed over (RFC 9112 §2.2).
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  if (bytes.empty()) return false;
  if (!unfinished_head_.ParseDue(bytes, side_.head_limits)) {
    AwaitMoreHead(bytes);
    return false;
  }
  const std::string_view head =
      bytes.size() <= kUsualHeadBytes ? bytes : bytes.substr(0, http::FindHeadEnd(bytes, 0));
  exchange_ = &side_.TakeExchange(*this, peer_);
  const ParseResult result = exchange_->Begin(head);
  switch (result.status) {
    case ParseResult::Status::incomplete:
      GiveBackExchange();
      AwaitMoreHead(bytes);
      return false;
    case ParseResult::Status::error:
      Refuse(result.error);
      return true;
    case ParseResult::Status::complete:
      break;
  }
  unfinished_head_.Reset();
  bytes.remove_prefix(result.head_bytes);
  if (!bytes.empty()) exchange_->ForgetContinue();
  Serve();
  return true;
}

void NativeConnection::AwaitMoreHead(std::string_view bytes) {
  if (phase_ == Phase::idle) side_.header_deadlines.Arm(socket_.deadline());
  phase_ = Phase::head;
  socket_.PutBack(bytes);
}

void NativeConnection::Serve() {
  ClientExchange& exchange = *exchange_;
  phase_ = Phase::serving;
  served_ = true;
  socket_.deadline().Disarm();
  if (exchange.body_complete()) socket_.PauseReading();
  side_.router.OnRequest(exchange);
  if (phase_ != Phase::serving) return;
  if (exchange.body_complete()) {
    AwaitResponse();
  } else if (!exchange.body_paused()) {
    WantBody();
  }
}

// The request is complete. What follows it stays in the kernel until it has been answered.
void NativeConnection::AwaitResponse() {
  socket_.PauseReading();
  if (socket_.end_seen()) return OnInputEnd();
  (socket_.watched() ? frontend_.presence_deadlines_ : frontend_.watch_deadlines_)
      .Arm(socket_.deadline());
}

// Answers that there is no valid request, and closes.
void NativeConnection::Refuse(const model::Error& error) {
  if (!exchange_) exchange_ = &side_.TakeExchange(*this, peer_);
  phase_ = Phase::serving;
  socket_.deadline().Disarm();
  socket_.PauseReading();
  exchange_->Refuse(error);
}

// Tells the handler of the body at the front of `bytes`. False: nothing more can be read now.
bool NativeConnection::ReadBody(std::string_view& bytes) {
  if (exchange_->body_complete() || exchange_->body_paused()) {
    socket_.PutBack(bytes);
    return false;
  }
  if (const auto error = exchange_->TellBody(bytes)) {
    exchange_->FailRequest(*error);
    return true;
  }
  if (phase_ != Phase::serving || exchange_->body_paused()) return true;
  if (exchange_->body_complete()) {
    AwaitResponse();
  } else if (!exchange_->is_tunnel()) {
    side_.body_deadlines.Arm(socket_.deadline());
  }
  return true;
}

void NativeConnection::PauseBody() {
  if (phase_ != Phase::serving) return;
  socket_.PauseReading();
  socket_.Watch();
  socket_.deadline().Disarm();
}

void NativeConnection::WantBody() {
  exchange_->SendOwedContinue();
  if (exchange_->is_tunnel()) {
    socket_.deadline().Disarm();  // how long it may be silent is not for the front end to say
  } else {
    side_.body_deadlines.Arm(socket_.deadline());
  }
  socket_.ResumeReading();
}

// ---- The response

void NativeConnection::CompleteResponse() {
  if (socket_.write_failed()) return Close();  // what it has sent ahead is for nobody
  if (socket_.unsent() > 0) {
    phase_ = Phase::flushing;
    socket_.deadline().Disarm();  // what counts now is what the client takes
    socket_.PauseReading();
    return;
  }
  const bool keep_alive = exchange_->keep_alive() && !side_.draining;
  const bool all_read = !keep_alive && exchange_->body_complete() && !socket_.has_unread();
  exchange_->End();
  GiveBackExchange();
  if (keep_alive) {
    phase_ = Phase::idle;
    side_.idle_deadlines.Arm(socket_.deadline());
    socket_.ResumeIdle();
  } else if (all_read) {
    // First the end: if more has come at this instant, a close throws away what waits to be sent.
    socket_.EndSending();
    Close();
  } else {
    BeginClosing();
  }
}

// The client has been told to stop but may still be sending. A close now would be a reset, which
// can take the response away from under it (RFC 9112 §9.6).
void NativeConnection::BeginClosing() {
  phase_ = Phase::closing;
  closing_until_ = side_.loop.Now() + ClientSide::kLongestLinger;
  side_.linger_deadlines.Arm(socket_.deadline());
  socket_.EndSending();
  socket_.ResumeReading();
}

void NativeConnection::OnDrained(Connection&) {
  if (!exchange_) return;
  exchange_->NoteTaken();
  if (phase_ == Phase::flushing) CompleteResponse();
}

// ---- The client's end

void NativeConnection::OnClosed(Connection&, int error) {
  if (phase_ != Phase::serving || error != 0) return Close();
  if (exchange_->is_tunnel()) return exchange_->TellTunnelEnd();
  exchange_->FailRequest({ErrorCode::malformed_request, "the request body ended too early"});
  if (phase_ == Phase::closing) Close();  // there is nothing to wait for
}

void NativeConnection::OnUnread(Connection&) {
  if (phase_ != Phase::serving && phase_ != Phase::flushing) return;
  if (socket_.IsBroken()) return Close();
  if (phase_ == Phase::serving && socket_.end_seen() && exchange_->body_complete()) OnInputEnd();
}

// The client sends nothing more, which one that has left and one that waits for its response have
// in common. It is taken as waiting if it said so soon after its request, as clients do that have
// but one. CheckPresence() finds out.
void NativeConnection::OnInputEnd() {
  if (!exchange_->response_begun()) {
    frontend_.presence_deadlines_.Arm(socket_.deadline());
  } else if (side_.loop.Now() - exchange_->complete_at() > kHalfCloseWindow) {
    Close();
  } else {
    exchange_->TakeWrote();
    frontend_.silence_deadlines_.Arm(socket_.deadline());
  }
}

// Finds out whether the client of a response that takes its time is still there. A reset is seen;
// one that came right behind the request had no edge of its own. A client that has sent its end may
// be either: before its response it is sent a 100: one that is there passes over what it has not
// asked for (RFC 9110 §15.2.1), and for one that has left the kernel answers with a reset. Within a
// response nothing can be put in: what comes of it has the same effect, and a client whose response
// is silent is taken as gone.
void NativeConnection::CheckPresence() {
  if (!socket_.watched()) {
    socket_.Watch();
    return frontend_.presence_deadlines_.Arm(socket_.deadline());
  }
  if (socket_.IsBroken()) return Close();
  if (!socket_.end_seen()) return;
  if (!exchange_->response_begun()) return exchange_->SendContinue();
  if (!exchange_->TakeWrote() && socket_.unsent() == 0) return Close();
  frontend_.silence_deadlines_.Arm(socket_.deadline());
}

void NativeConnection::OnDeadline(Connection&) {
  switch (phase_) {
    case Phase::head:
      return Refuse({ErrorCode::request_timeout, "the request head did not arrive in time"});
    case Phase::serving:
      if (!exchange_->body_complete()) {
        return exchange_->FailRequest(
            {ErrorCode::request_timeout, "the request body did not arrive in time"});
      }
      return CheckPresence();
    default:
      return Close();
  }
}

}  // namespace balancer::server
