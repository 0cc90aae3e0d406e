#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/http/unfinished_head.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/evhttp_exchange.hpp"
#include "internal/server/evhttp_frontend.hpp"

struct bufferevent;
struct evbuffer;
struct evbuffer_cb_entry;
struct evbuffer_cb_info;
struct evhttp_connection;
struct evhttp_request;

namespace balancer::server {

// One client's connection. Our eyes on the bufferevent that evhttp uses: each request head is read
// here before evhttp gets to it, and while a request is served the bufferevent's callbacks are
// ours. Loop thread only. Destroyed by evhttp's telling that the connection is closed.
class EvhttpConnection {
 public:
  EvhttpConnection(EvhttpFrontend& frontend, evhttp_connection* connection, bufferevent* bev);
  ~EvhttpConnection();
  EvhttpConnection(const EvhttpConnection&) = delete;
  EvhttpConnection& operator=(const EvhttpConnection&) = delete;

  // evhttp has a request for us: the one whose head was read last.
  void Serve(evhttp_request* request);
  // At shutdown: closes it if it is between requests. A client that has just connected is given a
  // moment, since its first request may be on its way.
  void CloseIfIdle();
  // Closes it. Destroys this.
  void Close();

  // For its exchange.
  void WantBody();
  // Sends `bytes`, or keeps what the kernel does not take.
  void Write(std::string_view bytes);
  std::size_t Unsent() const;
  // Response bytes that the client has not acknowledged: ours and the kernel's.
  std::size_t Unacknowledged() const;
  void CompleteResponse();
  // Closes at once, so that the client sees that the response is not whole. Destroys this.
  void Cut(bool by_reset);
  bool draining() const { return frontend_.draining_; }

 private:
  enum class Phase : std::uint8_t {
    idle,      // between requests
    head,      // a head has begun
    ready,     // a head has been read; evhttp is about to call Serve()
    serving,   // from Serve() until the response is complete
    flushing,  // the response is complete, the socket has not taken all of it
    closing,   // the last response is sent: what still comes is thrown away
  };

  static void OnInput(evbuffer* input, const evbuffer_cb_info* info, void* self);
  void OnInputAdded();
  static void OnReadable(bufferevent* bev, void* self);
  static void OnWritable(bufferevent* bev, void* self);
  static void OnEvent(bufferevent* bev, short what, void* self);

  // Reading heads.
  void ExamineHead();
  void AwaitMoreHead();
  void TakeHead(std::string_view bytes);
  void Refuse(const model::Error& error);

  // The request's body.
  void ReadBody();

  // The response.
  EvhttpExchange& TakeExchange();
  void HandBack();
  void BeginClosing();
  void OnDeadline();

  // Stops reading while enough input waits, and goes on when there is room.
  void BoundInput();

  EvhttpFrontend& frontend_;
  // Wants to read, and does nothing: added while evhttp drops the bufferevent's interest and we
  // take it up again, so that the kernel hears of neither.
  EventPtr keep_interest_;
  evhttp_connection* const connection_;
  bufferevent* const bev_;
  evbuffer* const input_;
  evbuffer_cb_entry* input_watch_ = nullptr;
  Peer peer_;
  Phase phase_ = Phase::idle;
  bool served_ = false;           // at least one request
  bool reading_stopped_ = false;  // enough input waits unread
  bool telling_body_ = false;     // the handler has a view into the input
  http::UnfinishedHead unfinished_head_;
  TimePoint closing_until_;
  evhttp_request* request_ = nullptr;            // while serving; evhttp's
  EvhttpExchange* exchange_ = nullptr;           // from a head's end to its response's
  Deadline deadline_{[this] { OnDeadline(); }};  // for what the client is to send
};

}  // namespace balancer::server
