#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "internal/http/unfinished_head.hpp"
#include "internal/server/client_connection.hpp"
#include "internal/server/connection.hpp"
#include "internal/server/peer.hpp"

namespace balancer::server {

class ClientExchange;
class NativeFrontend;
struct ClientSide;

// One client's connection: reads requests one after the other, each when the response before it is
// complete, and gives them to the router. Holds no buffer between requests. Loop thread only.
//
// Close() takes it out of service at once; the front end destroys it later, from a stack on which
// nothing works on it any more.
class NativeConnection final : public ClientConnection, public ConnectionUser {
 public:
  // Takes over an accepted socket. `frontend` must outlive it.
  NativeConnection(NativeFrontend& frontend, int fd, Peer peer);
  ~NativeConnection();
  NativeConnection(const NativeConnection&) = delete;
  NativeConnection& operator=(const NativeConnection&) = delete;

  // At shutdown: closes it if it is between requests. A client that has just connected is given a
  // moment, since its first request may be on its way.
  void CloseIfIdle();
  // Closes it; a handler at work hears that its client is gone.
  void Close();

  // ClientConnection
  void PauseBody() override;
  void WantBody() override;
  void Send(std::string_view bytes, std::string_view more) override { socket_.Send(bytes, more); }
  void ExpectEnd() override { socket_.ExpectEnd(); }
  std::size_t unsent() const override { return socket_.unsent(); }
  std::size_t Unacknowledged() const override { return socket_.Unacknowledged(); }
  void CompleteResponse() override;
  void Cut(bool by_reset) override;

  // ConnectionUser
  void OnData(Connection&, std::string_view bytes) override;
  void OnClosed(Connection&, int error) override;
  void OnUnread(Connection&) override;
  void OnDrained(Connection&) override;
  void OnDeadline(Connection&) override;

  // Its place among the front end's connections.
  std::size_t index = 0;

 private:
  enum class Phase : std::uint8_t {
    idle,      // between requests
    head,      // a head has begun
    serving,   // from a head's end until the response is complete
    flushing,  // the response is complete, the socket has not taken all of it
    closing,   // the last response is sent: what still comes is thrown away
    closed,
  };

  bool ReadHead(std::string_view& bytes);
  void AwaitMoreHead(std::string_view bytes);
  void Serve();
  void Refuse(const model::Error& error);
  void AwaitResponse();
  bool ReadBody(std::string_view& bytes);
  void OnInputEnd();
  void CheckPresence();
  void BeginClosing();
  void GiveBackExchange();

  NativeFrontend& frontend_;
  ClientSide& side_;
  Connection socket_;
  ClientExchange* exchange_ = nullptr;  // from a head's end to its response's
  http::UnfinishedHead unfinished_head_;
  TimePoint closing_until_;
  Phase phase_ = Phase::idle;
  bool served_ = false;  // at least one request
  const Peer peer_;
};

}  // namespace balancer::server
