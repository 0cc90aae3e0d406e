#pragma once

#include <cstddef>
#include <string_view>

namespace balancer::server {

// What carries a client's exchange, whichever front end it came by. Loop thread only.
// CompleteResponse and Cut may destroy it.
class ClientConnection {
 public:
  // No more of the request's body is read, until WantBody(): it is told by events to come.
  virtual void PauseBody() = 0;
  virtual void WantBody() = 0;

  // Gives these to the socket, and keeps what it does not take.
  virtual void Send(std::string_view bytes, std::string_view more) = 0;
  // Bytes that the socket has not taken.
  virtual std::size_t unsent() const = 0;
  // Bytes that the client has not acknowledged: ours and the kernel's (a system call).
  virtual std::size_t Unacknowledged() const = 0;

  // What is sent from here on is the response's last: the connection's end follows.
  virtual void ExpectEnd() {}
  // All of the response has been sent: what follows is the next request, or the connection's end.
  virtual void CompleteResponse() = 0;
  // Closes at once, so that the client sees that the response is not whole: `by_reset` where an
  // orderly end would tell it the contrary.
  virtual void Cut(bool by_reset) = 0;

 protected:
  ~ClientConnection() = default;
};

}  // namespace balancer::server
