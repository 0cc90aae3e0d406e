#include "internal/server/evhttp_exchange.hpp"

#include "internal/server/evhttp_connection.hpp"

namespace balancer::server {

std::size_t EvhttpExchange::unsent() const {
  return connection_->Unsent() + out_.size();
}

void EvhttpExchange::Transmit(std::string_view bytes, std::string_view more) {
  connection_->Write(bytes);
  connection_->Write(more);
}

std::size_t EvhttpExchange::Unacknowledged() const {
  return connection_->Unacknowledged();
}

void EvhttpExchange::ResponseComplete() {
  connection_->CompleteResponse();
}

void EvhttpExchange::Cut(bool by_reset) {
  connection_->Cut(by_reset);
}

void EvhttpExchange::WantBody() {
  connection_->WantBody();
}

bool EvhttpExchange::CanKeepAlive() const {
  return body_complete() && !connection_->draining();
}

}  // namespace balancer::server
