#include "internal/server/evhttp_exchange.hpp"

#include <sys/socket.h>

#include <event2/bufferevent.h>

#include "internal/server/evhttp_connection.hpp"

namespace balancer::server {

void EvhttpExchange::PauseBody() {
  body_paused_ = true;
}

void EvhttpExchange::ResumeBody() {
  body_paused_ = false;
  connection_->WantBody();
}

std::size_t EvhttpExchange::unsent() const {
  return connection_->Unsent() + out_.size();
}
void EvhttpExchange::WriteOut() {
  connection_->Write(out_);
}
void EvhttpExchange::ResponseComplete() {
  connection_->CompleteResponse();
}

void EvhttpExchange::Cut(bool by_reset) {
  if (by_reset) {
    const linger at_once{1, 0};
    setsockopt(bufferevent_getfd(connection_->bev_), SOL_SOCKET, SO_LINGER, &at_once,
               sizeof at_once);
  }
  connection_->Close();
}

bool EvhttpExchange::CanKeepAlive() const {
  return body_complete_ && !connection_->frontend_.draining_;
}

}  // namespace balancer::server
