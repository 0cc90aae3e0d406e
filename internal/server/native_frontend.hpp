#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "internal/config/settings.hpp"
#include "internal/http/parser.hpp"
#include "internal/server/connection.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/frontend.hpp"
#include "internal/server/loop.hpp"
#include "internal/server/native_connection.hpp"
#include "internal/server/native_exchange.hpp"
#include "internal/server/pool.hpp"

struct evconnlistener;
struct sockaddr;

namespace balancer::server {

// The native front end of one worker: accepts clients, reads their requests and gives them to a
// Router. Holds what its connections share. Loop thread only.
class NativeFrontend final : public Frontend {
 public:
  // The references must outlive it.
  NativeFrontend(Loop& loop, const config::ServerSettings& settings, Router& router,
                 ConnectionBudget& budget, Traffic& traffic);
  ~NativeFrontend() override;

  void Listen(int fd) override;
  void Drain() override;
  std::size_t connection_count() const override { return connections_.size(); }

  bool draining() const { return draining_; }

 private:
  friend class NativeConnection;

  struct ListenerDeleter {
    void operator()(evconnlistener* listener) const;
  };

  void OnAccepted(int fd, const sockaddr* address);
  void StopListening();
  // Takes a closed connection out, to be destroyed at the end of this turn.
  void Bury(NativeConnection& connection);

  Loop& loop_;
  const http::HeadLimits head_limits_;
  const std::uint64_t body_limit_;
  Router& router_;
  Traffic& traffic_;
  ResponseClock clock_;
  AcceptGate gate_;
  DeadlineList idle_deadlines_;
  DeadlineList header_deadlines_;
  DeadlineList body_deadlines_;
  DeadlineList presence_deadlines_;
  DeadlineList silence_deadlines_;
  DeadlineList linger_deadlines_;
  Connection::Shared shared_;
  Pool<NativeExchange> exchanges_;
  std::unique_ptr<evconnlistener, ListenerDeleter> listener_;
  bool draining_ = false;
  std::vector<std::unique_ptr<NativeConnection>> connections_;
  std::vector<std::unique_ptr<NativeConnection>> closed_;
  EventPtr destroy_closed_;
};

}  // namespace balancer::server
