#pragma once

#include "internal/server/client_exchange.hpp"

namespace balancer::server {

class EvhttpConnection;

// A request of an evhttp client.
class EvhttpExchange final : public ClientExchange {
 public:
  using ClientExchange::ClientExchange;

  // Puts it to work for a connection.
  void Attach(EvhttpConnection& connection) { connection_ = &connection; }

  std::size_t unsent() const override;

 private:
  void Transmit(std::string_view bytes, std::string_view more) override;
  std::size_t Unacknowledged() const override;
  void ResponseComplete() override;
  void Cut(bool by_reset) override;
  bool CanKeepAlive() const override;
  void WantBody() override;

  EvhttpConnection* connection_ = nullptr;
};

}  // namespace balancer::server
