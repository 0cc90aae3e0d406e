#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

struct event;
struct event_base;

namespace balancer::server {

using TimePoint = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

struct EventDeleter {
  void operator()(event* e) const;
};
using EventPtr = std::unique_ptr<event, EventDeleter>;

// One event loop, run by one thread; everything on it is touched by that thread alone. Other
// threads reach it through Post(), its mailbox.
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until Stop().
  void Run();
  // Ends Run() after the present turn. Any thread; also before Run().
  void Stop();
  // Runs `task` on the loop, in order of arrival. Any thread. Tasks that come after the end of
  // Run() are destroyed with the loop, not run.
  void Post(std::function<void()> task);

  event_base* base() const { return base_.get(); }
  // The time, read once a turn. Loop thread only.
  TimePoint Now() {
    if (now_ == TimePoint()) now_ = std::chrono::steady_clock::now();
    return now_;
  }

 private:
  struct BaseDeleter {
    void operator()(event_base* b) const;
  };

  void RunPosted();

  std::unique_ptr<event_base, BaseDeleter> base_;
  EventPtr wake_;          // readable when the mailbox has been filled
  int wake_fd_ = -1;       // eventfd
  bool stopping_ = false;  // this loop only
  TimePoint now_;          // this loop only; unset until this turn has asked for it

  std::mutex mu_;
  std::vector<std::function<void()>> posted_;  // guarded by mu_
};

// Calls a function once after a time, unless started anew or stopped before. Loop thread only.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_time);

  void Start(milliseconds delay);
  void Stop();

 private:
  std::function<void()> on_time_;
  EventPtr event_;
};

}  // namespace balancer::server
