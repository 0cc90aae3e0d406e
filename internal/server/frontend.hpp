#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "internal/config/settings.hpp"
#include "internal/server/accept_gate.hpp"
#include "internal/server/exchange.hpp"
#include "internal/server/loop.hpp"

namespace balancer::server {

// What accepts clients and gives their requests to a Router, on one worker's loop. Loop thread
// only.
class Frontend {
 public:
  virtual ~Frontend() = default;

  // Accepts from a listening socket, which becomes ours. Once.
  virtual void Listen(int fd) = 0;
  // Accepts no more, closes connections without a request in progress now, and the others as their
  // responses end.
  virtual void Drain() = 0;
  virtual std::size_t connection_count() const = 0;
};

// The front end that the settings ask for. The references must outlive it.
std::unique_ptr<Frontend> MakeFrontend(Loop& loop, const config::ServerSettings& settings,
                                       Router& router, ConnectionBudget& budget, Traffic& traffic);

// Drains a front end and tells when it has no connection left. Loop thread only.
class FrontendDrain {
 public:
  FrontendDrain(Loop& loop, Frontend& frontend)
      : frontend_(frontend), look_(loop, [this] { Look(); }) {}

  void Start(std::function<void()> on_done);

 private:
  void Look();

  Frontend& frontend_;
  Timer look_;
  std::function<void()> on_done_;
};

}  // namespace balancer::server
