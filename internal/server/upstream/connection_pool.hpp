#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "internal/server/connection.hpp"

namespace balancer::server::upstream {

// The idle kept-alive connections of one worker, a stack for each backend: the warmest is used
// first, the coldest times out. An idle connection that closes, or says anything, is dropped.
// Loop thread only.
class ConnectionPool final : public ConnectionUser {
 public:
  // `keepalive`: idle connections kept for each backend; `idle_timeout`: for how long.
  ConnectionPool(Loop& loop, std::size_t backends, std::size_t keepalive,
                 milliseconds idle_timeout);

  // An idle connection to the backend, or nullptr.
  std::unique_ptr<Connection> TakeIdle(std::size_t backend);
  // One that is not connected yet.
  std::unique_ptr<Connection> Make() { return std::make_unique<Connection>(shared_); }
  // Closes an idle connection, to make room. False: there is none.
  bool DropOne();
  // Keeps a connection for the next request. It must have nothing unsent and nothing unread.
  void Put(std::size_t backend, std::unique_ptr<Connection> connection);

  void OnData(Connection& connection, std::string_view) override { Drop(connection); }
  void OnClosed(Connection& connection, int) override { Drop(connection); }
  void OnDeadline(Connection& connection) override { Drop(connection); }

 private:
  void Drop(Connection& connection);

  const std::size_t keepalive_;
  DeadlineList idle_timeouts_;
  Connection::Shared shared_;
  std::vector<std::vector<std::unique_ptr<Connection>>> idle_;  // by backend; the warmest last
};

}  // namespace balancer::server::upstream
