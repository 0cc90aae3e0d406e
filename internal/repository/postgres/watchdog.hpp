#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace balancer::repository {

// Ends calls on a socket that take too long: libpq waits for an answer for as long as the server
// keeps the connection open, and a frozen server does that for ever. When a deadline passes, the
// socket is shut down, and the call that waits on it fails as if the connection had been lost.
//
// Thread safety: all calls, on any thread. Has one thread of its own.
class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  // One call being watched, until this is destroyed.
  class Watch {
   public:
    Watch(Watchdog& watchdog, int socket, Clock::time_point deadline);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& watchdog_;
    std::multimap<Clock::time_point, int>::iterator entry_;
  };

  Watchdog();
  // REQUIRES: no Watch is left.
  ~Watchdog();

  // Ends the calls that are watched, and from now on every one as soon as it begins: for shutdown.
  void EndAll();

 private:
  void Run();

  std::mutex mu_;
  std::condition_variable changed_;
  // Guarded by mu_.
  std::multimap<Clock::time_point, int> watched_;  // sockets by deadline
  bool end_all_ = false;
  bool stopping_ = false;

  std::thread thread_;
};

}  // namespace balancer::repository
