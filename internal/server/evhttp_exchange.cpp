#include "internal/server/evhttp_exchange.hpp"

#include "internal/server/evhttp_connection.hpp"

namespace balancer::server {

std::size_t EvhttpExchange::unsent() const {
  return connection_->Unsent() + out_.size();
}
void EvhttpExchange::WriteOut(std::string_view more) {
  connection_->Write(out_);
  connection_->Write(more);
  out_.clear();
  NoteUnsent(connection_->Unsent());
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
