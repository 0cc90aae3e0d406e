#include "internal/server/upstream/connection_pool.hpp"

#include <algorithm>
#include <utility>

namespace balancer::server::upstream {

ConnectionPool::ConnectionPool(Loop& loop, std::size_t backends, std::size_t keepalive,
                               milliseconds idle_timeout)
    : keepalive_(keepalive), idle_timeouts_(loop, idle_timeout), shared_(loop), idle_(backends) {}

std::unique_ptr<Connection> ConnectionPool::TakeIdle(std::size_t backend) {
  auto& idle = idle_[backend];
  if (idle.empty()) return nullptr;
  std::unique_ptr<Connection> connection = std::move(idle.back());
  idle.pop_back();
  connection->deadline().Disarm();
  return connection;
}

void ConnectionPool::Put(std::size_t backend, std::unique_ptr<Connection> connection) {
  auto& idle = idle_[backend];
  if (idle.size() >= keepalive_) return;  // destroys it
  connection->SetUser(*this);
  idle_timeouts_.Arm(connection->deadline());
  idle.push_back(std::move(connection));
}

bool ConnectionPool::DropOne() {
  for (auto& idle : idle_) {
    if (idle.empty()) continue;
    idle.erase(idle.begin());
    return true;
  }
  return false;
}

void ConnectionPool::Drop(Connection& connection) {
  for (auto& idle : idle_) {
    const auto found = std::ranges::find(idle, &connection, &std::unique_ptr<Connection>::get);
    if (found == idle.end()) continue;
    idle.erase(found);
    return;
  }
}

}  // namespace balancer::server::upstream
