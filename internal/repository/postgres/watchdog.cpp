#include "internal/repository/postgres/watchdog.hpp"

#include <sys/socket.h>

namespace balancer::repository {

Watchdog::Watchdog() : thread_([this] { Run(); }) {}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mu_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Watchdog::Watch::Watch(Watchdog& watchdog, int socket, Clock::time_point deadline)
    : watchdog_(watchdog) {
  std::lock_guard lock(watchdog_.mu_);
  if (watchdog_.end_all_) deadline = Clock::time_point::min();
  entry_ = watchdog_.watched_.emplace(deadline, socket);
  if (entry_ == watchdog_.watched_.begin()) watchdog_.changed_.notify_one();
}

Watchdog::Watch::~Watch() {
  std::lock_guard lock(watchdog_.mu_);
  watchdog_.watched_.erase(entry_);
}

void Watchdog::EndAll() {
  std::lock_guard lock(mu_);
  end_all_ = true;
  for (const auto& [deadline, socket] : watched_) ::shutdown(socket, SHUT_RDWR);
}

void Watchdog::Run() {
  std::unique_lock lock(mu_);
  while (!stopping_) {
    const auto now = Clock::now();
    auto next = watched_.begin();
    for (; next != watched_.end() && next->first <= now; ++next) {
      ::shutdown(next->second, SHUT_RDWR);
    }
    if (next == watched_.end()) {
      changed_.wait(lock);
    } else {
      const auto deadline = next->first;  // the entry may be gone when the wait is over
      changed_.wait_until(lock, deadline);
    }
  }
}

}  // namespace balancer::repository
