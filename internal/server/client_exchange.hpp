#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "internal/http/body_reader.hpp"
#include "internal/http/parser.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/loop.hpp"

namespace balancer::server {

class ClientConnection;
struct ClientSide;

// An exchange as its front end sees it: reads the request, and keeps what is to be known of it.
// Used again for later requests; an idle connection holds none. Loop thread only.
class ClientExchange final : public Exchange {
 public:
  explicit ClientExchange(ClientSide& side);

  // Puts it to work for a connection, which must outlive the request.
  void Attach(ClientConnection& connection, const Peer& peer);

  // Begins a request with the head at the front of `bytes`, which are copied. `complete`: ready for
  // a Router. `error`: what to Refuse() it with; a body that is announced too long is one.
  http::ParseResult Begin(std::string_view bytes);
  // Answers a request of which there is no valid head, and has the connection closed.
  void Refuse(const model::Error& error);
  // When all of the request was there.
  TimePoint complete_at() const { return complete_at_; }
  // Counts the request as ended. Once for each that was begun or refused: when the client has all
  // of its response, or is gone.
  void End();

  // Tells the handler of the next piece of the body at the front of `bytes`, or of its end, and
  // moves past it. Returns why the body cannot be read any further. The response may be complete
  // after it.
  std::optional<model::Error> TellBody(std::string_view& bytes);
  bool body_complete() const { return body_.complete(); }
  bool body_paused() const { return body_paused_; }

  // Sends an interim 100, or that only if the client waits for one.
  void SendContinue();
  void SendOwedContinue();
  // The client has not waited for it.
  void ForgetContinue() { continue_owed_ = false; }

  // The client is gone: so hears the handler.
  void TellGone();
  // The request has failed while its body was read: the handler hears that the client is gone, the
  // client why.
  void FailRequest(const model::Error& error);
  // The client has taken of what was unsent.
  void NoteTaken();
  // Whether anything has been sent since this was last asked.
  bool TakeWrote() { return std::exchange(wrote_, false); }

  // In a tunnel: the client has sent all that it wanted.
  void TellTunnelEnd();
  bool is_tunnel() const { return is_tunnel_; }

  bool keep_alive() const { return keep_alive_; }
  using Exchange::response_begun;

  // Exchange
  void PauseBody() override;
  void ResumeBody() override;
  std::size_t unsent() const override;

 private:
  void ReadTunnel() override;
  void WriteOut(std::string_view more) override;
  void ExpectEnd() override;
  void ResponseComplete() override;
  void Cut(bool by_reset) override;
  bool CanKeepAlive() const override;

  void Start(const http::Framing& framing, std::uint64_t body_limit);
  void OnWriteDeadline();

  ClientSide& side_;
  ClientConnection* connection_ = nullptr;
  TimePoint began_at_;  // the head was there
  TimePoint complete_at_;
  std::string head_bytes_;  // what head_ looks into
  http::BodyReader body_;
  bool is_tunnel_ = false;
  bool body_paused_ = false;
  bool continue_owed_ = false;  // 100-continue, as soon as the body is wanted
  bool drain_awaited_ = false;  // the handler has seen unsent() at the high-water mark
  bool wrote_ = false;
  std::size_t unacknowledged_ = 0;  // when write_deadline_ was armed, and what was sent since
  Deadline write_deadline_{[this] { OnWriteDeadline(); }};
};

}  // namespace balancer::server
