#include "internal/server/evhttp_connection.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <tuple>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>

#include "internal/http/parser.hpp"
#include "internal/server/socket_io.hpp"

namespace balancer::server {

using model::ErrorCode;

namespace {

// What evhttp reads in place of each head: shorter than any valid one, so that it fits over its
// end.
constexpr std::string_view kHeadForEvhttp = "GET / HTTP/1.1\n\n";
// Unread input at which reading stops.
constexpr std::size_t kInputBytes = 64 * 1024;

}  // namespace

EvhttpConnection::EvhttpConnection(EvhttpFrontend& frontend, evhttp_connection* connection,
                                   bufferevent* bev)
    : frontend_(frontend),
      side_(frontend.side_),
      keep_interest_(event_new(
          side_.loop.base(), bufferevent_getfd(bev), EV_READ | EV_PERSIST,
          [](evutil_socket_t, short, void*) {}, nullptr)),
      connection_(connection),
      bev_(bev),
      input_(bufferevent_get_input(bev)),
      peer_(PeerOf(evhttp_connection_get_addr(connection))) {
  bufferevent_setwatermark(bev, EV_WRITE, Exchange::kLowWater, 0);
  input_watch_ = evbuffer_add_cb(input_, &EvhttpConnection::OnInput, this);
  evhttp_connection_set_closecb(
      connection,
      [](evhttp_connection* closed, void* frontend) {
        static_cast<EvhttpFrontend*>(frontend)->OnConnectionClosed(closed);
      },
      &frontend);
  side_.idle_deadlines.Arm(deadline_);
}

EvhttpConnection::~EvhttpConnection() {
  evbuffer_remove_cb_entry(input_, input_watch_);
  if (!exchange_) return;
  exchange_->End();
  side_.exchanges.GiveBack(*exchange_);
  exchange_->TellGone();
}

void EvhttpConnection::Close() {
  // evhttp closes the socket, and within a callback libevent would take it off the loop only after
  // that: by then the number may be another thread's.
  bufferevent_disable(bev_, EV_READ | EV_WRITE);
  evhttp_connection_free(connection_);
}

void EvhttpConnection::Cut(bool by_reset) {
  if (by_reset) {
    // SO_LINGER would come too late: evhttp shuts the socket down in order before it closes it.
    const sockaddr nobody{.sa_family = AF_UNSPEC, .sa_data = {}};
    std::ignore = connect(bufferevent_getfd(bev_), &nobody, sizeof nobody);
  }
  Close();
}

void EvhttpConnection::CloseIfIdle() {
  if (phase_ != Phase::idle) return;
  served_ ? Close() : side_.linger_deadlines.Arm(deadline_);
}

// ---- Reading heads

void EvhttpConnection::OnInput(evbuffer*, const evbuffer_cb_info* info, void* self) {
  if (info->n_added > 0) static_cast<EvhttpConnection*>(self)->OnInputAdded();
}

void EvhttpConnection::OnInputAdded() {
  switch (phase_) {
    case Phase::idle:
    case Phase::head:
      return ExamineHead();
    case Phase::ready:
      return;
    case Phase::serving:
    case Phase::flushing:
      return BoundInput();  // a body that nobody takes, or requests sent ahead
    case Phase::closing:
      evbuffer_drain(input_, evbuffer_get_length(input_));
      if (side_.loop.Now() < closing_until_) side_.linger_deadlines.Arm(deadline_);
      return;
  }
}

void EvhttpConnection::BoundInput() {
  const std::size_t limit = std::max(kInputBytes, side_.head_limits.head_bytes + 1);
  const bool full = evbuffer_get_length(input_) >= limit;
  if (full == reading_stopped_) return;
  reading_stopped_ = full;
  full ? bufferevent_disable(bev_, EV_READ) : bufferevent_enable(bev_, EV_READ);
}

// Looks at the input while no request is in progress. evhttp reads it next: it gets to see either
// nothing or kHeadForEvhttp.
void EvhttpConnection::ExamineHead() {
  const std::size_t size = evbuffer_get_length(input_);
  if (size == 0) return;
  std::string_view bytes(reinterpret_cast<char*>(evbuffer_pullup(input_, -1)), size);
  if (bytes.starts_with("\r\n")) {
    // Empty lines before a request are passed over (RFC 9112 §2.2).
    while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
    evbuffer_drain(input_, size - bytes.size());
    unfinished_head_.Reset();
    if (bytes.empty()) return;
  }
  if (!unfinished_head_.ParseDue(bytes, side_.head_limits)) return AwaitMoreHead();
  const std::size_t end = http::FindHeadEnd(bytes, 0);
  if (end != std::string_view::npos) return TakeHead(bytes.substr(0, end));
  http::RequestHead scratch;
  const auto result = http::ParseRequestHead(bytes, side_.head_limits, scratch);
  if (result.status == http::ParseResult::Status::error) return Refuse(result.error);
  AwaitMoreHead();
}

void EvhttpConnection::AwaitMoreHead() {
  if (phase_ == Phase::idle) {
    phase_ = Phase::head;
    side_.header_deadlines.Arm(deadline_);
  }
  const auto& evhttp = frontend_.evhttp_callbacks_;
  bufferevent_setcb(bev_, nullptr, evhttp.write, evhttp.event, connection_);
}

void EvhttpConnection::TakeHead(std::string_view bytes) {
  exchange_ = &side_.TakeExchange(*this, peer_);
  const auto result = exchange_->Begin(bytes);
  if (result.status != http::ParseResult::Status::complete) return Refuse(result.error);

  deadline_.Disarm();
  unfinished_head_.Reset();
  if (phase_ == Phase::head) {
    const auto& evhttp = frontend_.evhttp_callbacks_;
    bufferevent_setcb(bev_, evhttp.read, evhttp.write, evhttp.event, connection_);
  }
  phase_ = Phase::ready;
  event_add(keep_interest_.get(), nullptr);
  evbuffer_drain(input_, bytes.size() - kHeadForEvhttp.size());
  kHeadForEvhttp.copy(reinterpret_cast<char*>(
                          evbuffer_pullup(input_, static_cast<ev_ssize_t>(kHeadForEvhttp.size()))),
                      kHeadForEvhttp.size());
}

// Answers in evhttp's stead, which never sees the head, and closes.
void EvhttpConnection::Refuse(const model::Error& error) {
  if (!exchange_) exchange_ = &side_.TakeExchange(*this, peer_);
  phase_ = Phase::serving;
  // No read callback: evhttp may have a deferred call of it pending, with an argument of its own.
  bufferevent_setcb(bev_, nullptr, &EvhttpConnection::OnWritable, &EvhttpConnection::OnEvent, this);
  exchange_->Refuse(error);
}

void EvhttpConnection::Serve(evhttp_request* request) {
  request_ = request;
  phase_ = Phase::serving;
  // From here until HandBack() the bufferevent works for us.
  bufferevent_setcb(bev_, &EvhttpConnection::OnReadable, &EvhttpConnection::OnWritable,
                    &EvhttpConnection::OnEvent, this);
  // evhttp has stopped reading; we go on, for the body or to see the client leave.
  bufferevent_enable(bev_, EV_READ);
  reading_stopped_ = false;
  BoundInput();
  event_del(keep_interest_.get());
  served_ = true;
  // The body is told by events of its own: the router may end all of this.
  if (!exchange_->body_complete()) {
    bufferevent_trigger(bev_, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
  }
  side_.router.OnRequest(*exchange_);
}

// ---- The request's body

void EvhttpConnection::OnReadable(bufferevent*, void* self) {
  static_cast<EvhttpConnection*>(self)->ReadBody();
}

void EvhttpConnection::ReadBody() {
  while (phase_ == Phase::serving && !exchange_->body_complete() && !exchange_->body_paused()) {
    if (evbuffer_get_length(input_) > 0) exchange_->ForgetContinue();
    exchange_->SendOwedContinue();
    evbuffer_iovec piece;
    if (evbuffer_peek(input_, -1, nullptr, &piece, 1) < 1 || piece.iov_len == 0) {
      if (!exchange_->is_tunnel()) side_.body_deadlines.Arm(deadline_);
      return BoundInput();
    }
    const std::string_view bytes(static_cast<char*>(piece.iov_base), piece.iov_len);
    std::string_view rest = bytes;
    EvhttpFrontend& frontend = frontend_;
    evhttp_connection* const key = connection_;
    telling_body_ = true;
    const auto error = exchange_->TellBody(rest);
    if (error) exchange_->FailRequest(*error);
    // With the handler's answer the connection may have been closed.
    if (!frontend.connections_.contains(key)) return;
    telling_body_ = false;
    evbuffer_drain(input_, bytes.size() - rest.size());
    if (error) break;
  }
  if (phase_ == Phase::flushing && unsent() == 0) return CompleteResponse();
  if (phase_ != Phase::serving) return;
  deadline_.Disarm();
  BoundInput();
}

void EvhttpConnection::WantBody() {
  bufferevent_trigger(bev_, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

// ---- The response

void EvhttpConnection::Send(std::string_view bytes, std::string_view more) {
  SendPiece(bytes);
  SendPiece(more);
}

void EvhttpConnection::SendPiece(std::string_view bytes) {
  evbuffer* output = bufferevent_get_output(bev_);
  if (!bytes.empty() && evbuffer_get_length(output) == 0) {
    const ssize_t taken =
        BareSend(bufferevent_getfd(bev_), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN && errno != EINTR) {
      // Told by an event, as for any reader: whoever writes is not to lose its exchange over it.
      bufferevent_trigger_event(bev_, BEV_EVENT_WRITING | BEV_EVENT_ERROR,
                                BEV_TRIG_DEFER_CALLBACKS);
      return;
    }
    if (taken > 0) bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
  if (bytes.empty()) return;
  evbuffer_add(output, bytes.data(), bytes.size());
  bufferevent_enable(bev_, EV_WRITE);
}

std::size_t EvhttpConnection::unsent() const {
  return evbuffer_get_length(bufferevent_get_output(bev_));
}

std::size_t EvhttpConnection::Unacknowledged() const {
  int queued = 0;
  ioctl(bufferevent_getfd(bev_), SIOCOUTQ, &queued);
  return unsent() + static_cast<std::size_t>(queued);
}

void EvhttpConnection::OnWritable(bufferevent*, void* self) {
  auto& connection = *static_cast<EvhttpConnection*>(self);
  switch (connection.phase_) {
    case Phase::flushing:
      if (connection.unsent() == 0) connection.CompleteResponse();
      return;
    case Phase::serving:
      return connection.exchange_->NoteTaken();
    default:
      return;
  }
}

void EvhttpConnection::CompleteResponse() {
  if (unsent() > 0 || telling_body_) {
    phase_ = Phase::flushing;
    return;
  }
  const bool keep_alive = exchange_->keep_alive() && !side_.draining;
  const bool all_read = exchange_->body_complete();
  exchange_->End();
  side_.exchanges.GiveBack(*exchange_);
  exchange_ = nullptr;
  deadline_.Disarm();
  if (keep_alive) return HandBack();
  if (all_read) return Close();
  BeginClosing();
}

// evhttp goes on to the next request.
void EvhttpConnection::HandBack() {
  evhttp_request* done = request_;
  request_ = nullptr;
  phase_ = Phase::idle;
  reading_stopped_ = false;
  side_.idle_deadlines.Arm(deadline_);
  evhttp_send_reply_end(done);
  BoundInput();
  // What the client has sent ahead waits in the buffer. evhttp turns to it later in this turn.
  ExamineHead();
}

// The client has been told to stop but may still be sending. A close now would be a reset, which
// can take the response away from under it (RFC 9112 §9.6).
void EvhttpConnection::BeginClosing() {
  phase_ = Phase::closing;
  shutdown(bufferevent_getfd(bev_), SHUT_WR);
  evbuffer_drain(input_, evbuffer_get_length(input_));
  bufferevent_enable(bev_, EV_READ);
  closing_until_ = side_.loop.Now() + ClientSide::kLongestLinger;
  side_.linger_deadlines.Arm(deadline_);
}

void EvhttpConnection::OnEvent(bufferevent*, short what, void* self) {
  auto& connection = *static_cast<EvhttpConnection*>(self);
  // A client that has sent all it wanted may still be reading.
  if (connection.phase_ == Phase::flushing && (what & BEV_EVENT_EOF)) return;
  connection.Close();
}

void EvhttpConnection::OnDeadline() {
  switch (phase_) {
    case Phase::head:
      return Refuse({ErrorCode::request_timeout, "the request head did not arrive in time"});
    case Phase::serving:
      return exchange_->FailRequest(
          {ErrorCode::request_timeout, "the request body did not arrive in time"});
    default:
      return Close();
  }
}

}  // namespace balancer::server
