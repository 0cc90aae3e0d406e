#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/http/buffer.hpp"
#include "internal/http/message.hpp"
#include "internal/model/error.hpp"
#include "internal/server/peer.hpp"
#include "internal/server/response_clock.hpp"
#include "internal/server/traffic.hpp"

// The seam between front ends and everything below them. All of it lives on one worker's loop.
namespace balancer::server {

// Who serves a request: told of its body, and of the fate of its client. After Finish(), Abort() or
// OnClientGone() it hears no more.
class RequestHandler {
 public:
  // A piece of the request's body; the view is valid during the call.
  virtual void OnBody(std::string_view piece) = 0;
  // The request is complete.
  virtual void OnRequestEnd() = 0;
  // The client has left. The exchange must not be used any more.
  virtual void OnClientGone() = 0;
  // After unsent() was at or above kHighWater: it is at or below kLowWater now.
  virtual void OnDrained() = 0;

 protected:
  ~RequestHandler() = default;
};

// One request and its response in progress. Owned by its front end, which derives from it and
// carries the bytes; what HTTP says about a response's delivery is here, once for all front ends.
//
// A handler may call everything at any time between Router::OnRequest() and Finish(), Abort() or
// OnClientGone(); after these the object may be gone.
class Exchange {
 public:
  // Unsent response bytes above which a sender should pause, and below which it may go on.
  static constexpr std::size_t kHighWater = 256 * 1024;
  static constexpr std::size_t kLowWater = 64 * 1024;

  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Valid until the exchange ends.
  const http::RequestHead& head() const { return head_; }
  const Peer& peer() const { return *peer_; }
  // The client's X-Request-ID, or one made for this request.
  std::string_view request_id() const { return request_id_; }

  // Says who serves this request. A body (head().framing.has_body()) is told by events to come,
  // never within this call; for a request without one there is neither OnBody() nor OnRequestEnd().
  void Accept(RequestHandler& handler) { handler_ = &handler; }

  // Stops and restarts OnBody(). Neither it nor OnRequestEnd() is called within ResumeBody(). The
  // end of a body of which all has been told may be told while it is paused.
  virtual void PauseBody() = 0;
  virtual void ResumeBody() = 0;

  // Sends an interim response (1xx) to a client that can understand it.
  void SendInterim(const http::ResponseHead& head);
  // Begins the response. `head.framing` says how the body that follows is measured; how it is
  // framed for this client is decided here.
  void SendHead(const http::ResponseHead& head);
  // A piece of the body. Ignored where the response has none (HEAD, 204, 304).
  void SendBody(std::string_view piece);
  // Gives what has been sent so far to the kernel. Finish() does so too.
  void Flush();
  // Sends a 101 and makes a tunnel of the exchange (RFC 9110 §7.8): from here on all that the
  // client sends is told by OnBody(), its end by OnRequestEnd(), and SendBody() goes to it as it
  // is. REQUIRES: a request with head().upgrade.
  void SwitchProtocols(const http::ResponseHead& head);
  // Ends the response.
  void Finish();
  // Ends the exchange without completing the response: the connection is closed visibly.
  void Abort();

  // A whole response: SendHead, SendBody, Finish.
  void Reply(http::ResponseHead& head, std::string_view body);
  // Answers with an error of ours as problem+json; `retry_after` (seconds) where it is not 0. A
  // response of which nothing has been given to the kernel is taken back; aborts when some has.
  void Fail(const model::Error& error, std::int64_t retry_after = 0);

  // Response bytes that the kernel has not taken yet.
  virtual std::size_t unsent() const = 0;

 protected:
  Exchange(ResponseClock& clock, Traffic& traffic) : traffic_(traffic), clock_(clock) {}
  ~Exchange() = default;

  // Makes it ready for another request, keeping its memory; head_ is to be filled in anew.
  void Reset();
  // To be called when head_ has been filled in.
  void TakeRequestId();

  // Something of the response has been given to the kernel.
  bool response_begun() const { return head_written_; }

  // Reads all that is still to come from the client as a body without end.
  virtual void ReadTunnel() = 0;
  // Carries out_ and `more` behind it to the client; leaves out_ empty.
  virtual void WriteOut(std::string_view more) = 0;
  // The connection ends with what is written from here on.
  virtual void ExpectEnd() = 0;
  // All of the response is in out_ or written: what follows is the next request, or the end of the
  // connection.
  virtual void ResponseComplete() = 0;
  // Closes the connection at once, so that the client sees that the response is not whole:
  // `by_reset` where an orderly end would tell it the contrary.
  virtual void Cut(bool by_reset) = 0;
  // Whether the connection can outlive this response, as far as the front end is concerned.
  virtual bool CanKeepAlive() const = 0;

  Traffic& traffic_;
  const Peer* peer_ = nullptr;
  http::RequestHead head_;
  RequestHandler* handler_ = nullptr;
  http::Buffer out_;                       // response bytes, framed, on their way to the kernel
  bool keep_alive_ = true;                 // decided in SendHead()
  int status_ = RequestCounts::kNoStatus;  // of a response whose head is in out_, or written

 private:
  enum class BodyMode : std::uint8_t { none, plain, chunked };

  void Write(std::string_view more);

  ResponseClock& clock_;
  std::string_view request_id_;
  RequestIds::Text made_id_;
  bool head_written_ = false;
  BodyMode body_mode_ = BodyMode::none;
  bool ends_with_connection_ = false;  // until_close
};

// Takes requests from a front end, each as soon as its head is there.
class Router {
 public:
  // Must answer, or Accept() a handler that will.
  virtual void OnRequest(Exchange& exchange) = 0;

 protected:
  ~Router() = default;
};

}  // namespace balancer::server
