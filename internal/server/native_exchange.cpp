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

void NativeExchange::Transmit(std::string_view bytes, std::string_view more) {
  connection_->socket().Send(bytes, more);
}

std::size_t NativeExchange::Unacknowledged() const {
  return connection_->socket().Unacknowledged();
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
