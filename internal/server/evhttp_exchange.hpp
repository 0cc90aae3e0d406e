#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "internal/http/chunked.hpp"
#include "internal/server/exchange.hpp"

namespace balancer::server {

class EvhttpConnection;

// A request of an evhttp client. Belongs to a connection while its request is in progress, and to
// the front end's free list otherwise: an idle connection holds none.
class EvhttpExchange final : public Exchange {
 public:
  explicit EvhttpExchange(ResponseClock& clock) : Exchange(clock) {}

  void PauseBody() override;
  void ResumeBody() override;
  std::size_t unsent() const override;

 private:
  friend class EvhttpConnection;

  void WriteOut() override;
  void ResponseComplete() override;
  void Cut(bool by_reset) override;
  bool CanKeepAlive() const override;

  EvhttpConnection* connection_ = nullptr;
  std::string head_bytes_;  // what head_ looks into
  bool body_paused_ = false;
  bool body_complete_ = true;
  bool continue_owed_ = false;   // 100-continue, as soon as the body is wanted
  std::uint64_t body_left_ = 0;  // for a body measured by length
  http::ChunkedDecoder chunks_;
  bool drain_awaited_ = false;  // the handler has seen unsent() at the high-water mark
};

}  // namespace balancer::server
