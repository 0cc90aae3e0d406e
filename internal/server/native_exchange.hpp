#pragma once

#include <utility>

#include "internal/server/client_exchange.hpp"
#include "internal/server/deadline_list.hpp"

namespace balancer::server {

class NativeConnection;

// A request of a native client.
class NativeExchange final : public ClientExchange {
 public:
  NativeExchange(Loop& loop, ResponseClock& clock, Traffic& traffic)
      : ClientExchange(loop, clock, traffic) {}

  // Puts it to work for a connection.
  void Attach(NativeConnection& connection) { connection_ = &connection; }

  // Whether anything has been sent since this was last asked.
  bool TakeWrote() { return std::exchange(wrote_, false); }
  // The client has taken all that was sent.
  void NoteDrained();
  // Stops watching over what the client takes.
  void Detach() { write_deadline_.Disarm(); }

  void PauseBody() override;
  std::size_t unsent() const override;

 private:
  void WriteOut(std::string_view more) override;
  void ResponseComplete() override;
  void Cut(bool by_reset) override;
  bool CanKeepAlive() const override;
  void WantBody() override;
  void OnWriteDeadline();

  NativeConnection* connection_ = nullptr;
  bool wrote_ = false;
  std::size_t unacknowledged_ = 0;                          // when write_deadline_ was armed
  Deadline write_deadline_{[this] { OnWriteDeadline(); }};  // for what the client is to take
};

}  // namespace balancer::server
