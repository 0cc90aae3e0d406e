#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "internal/server/client_side.hpp"
#include "internal/server/connection.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/frontend.hpp"
#include "internal/server/loop.hpp"
#include "internal/server/native_connection.hpp"

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

 private:
  friend class NativeConnection;

  struct ListenerDeleter {
    void operator()(evconnlistener* listener) const;
  };

  void OnAccepted(int fd, const sockaddr* address);
  void StopListening();
  // Takes a closed connection out, to be destroyed at the end of this turn.
  void Bury(NativeConnection& connection);

  ClientSide side_;
  DeadlineList watch_deadlines_;
  DeadlineList presence_deadlines_;
  DeadlineList silence_deadlines_;
  Connection::Shared shared_;
  std::unique_ptr<evconnlistener, ListenerDeleter> listener_;
  std::vector<std::unique_ptr<NativeConnection>> connections_;
  std::vector<std::unique_ptr<NativeConnection>> closed_;
  EventPtr destroy_closed_;
};

}  // namespace balancer::server
