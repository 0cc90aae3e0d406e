#include "internal/server/native_exchange.hpp"

#include "internal/server/native_connection.hpp"
#include "internal/server/native_frontend.hpp"

namespace balancer::server {

void NativeExchange::PauseBody() {
  ClientExchange::PauseBody();
  connection_->PauseBody();
}

void NativeExchange::WantBody() {
  connection_->WantBody();
}

std::size_t NativeExchange::unsent() const {
  return connection_->socket().unsent() + out_.size();
}

void NativeExchange::WriteOut(std::string_view more) {
  Connection& socket = connection_->socket();
  wrote_ = true;
  socket.Send(out_, more);
  out_.clear();
  if (socket.unsent() == 0) return;
  NoteUnsent(socket.unsent());
  if (write_deadline_.armed()) return;
  unacknowledged_ = socket.Unacknowledged();
  connection_->frontend().body_deadlines().Arm(write_deadline_);
}

void NativeExchange::NoteDrained() {
  write_deadline_.Disarm();
  TellDrained();
}

// A slow client is given another timeout's time as long as it takes anything at all. The kernel
// asks for more only in lumps, so that its own queue counts too.
void NativeExchange::OnWriteDeadline() {
  const std::size_t now = connection_->socket().Unacknowledged();
  if (now >= unacknowledged_) return Cut(true);
  unacknowledged_ = now;
  connection_->frontend().body_deadlines().Arm(write_deadline_);
}

void NativeExchange::ResponseComplete() {
  connection_->CompleteResponse();
}

void NativeExchange::Cut(bool by_reset) {
  if (by_reset) connection_->socket().CloseByReset();
  connection_->Close();
}

bool NativeExchange::CanKeepAlive() const {
  return body_complete() && !connection_->frontend().draining();
}

}  // namespace balancer::server
