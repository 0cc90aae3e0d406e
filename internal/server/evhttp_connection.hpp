#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/http/unfinished_head.hpp"
#include "internal/server/client_connection.hpp"
#include "internal/server/deadline_list.hpp"
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
class EvhttpConnection final : public ClientConnection {
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

  // ClientConnection
  void PauseBody() override {}  // ReadBody() asks the exchange
  void WantBody() override;
  void Send(std::string_view bytes, std::string_view more) override;
  std::size_t unsent() const override;
  std::size_t Unacknowledged() const override;
  void CompleteResponse() override;
  void Cut(bool by_reset) override;

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
  void SendPiece(std::string_view bytes);
  void HandBack();
  void BeginClosing();
  void OnDeadline();

  // Stops reading while enough input waits, and goes on when there is room.
  void BoundInput();

  EvhttpFrontend& frontend_;
  ClientSide& side_;
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
  ClientExchange* exchange_ = nullptr;           // from a head's end to its response's
  Deadline deadline_{[this] { OnDeadline(); }};  // for what the client is to send
};

}  // namespace balancer::server
