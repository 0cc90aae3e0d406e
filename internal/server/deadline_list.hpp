#pragma once

#include <functional>

#include "internal/server/loop.hpp"

namespace balancer::server {

class DeadlineList;

// A place in a DeadlineList. Its owner keeps it as a member; it leaves its list when destroyed.
class Deadline {
 public:
  explicit Deadline(std::function<void()> on_expired) : on_expired_(std::move(on_expired)) {}
  ~Deadline() { Disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void Disarm();
  bool armed() const { return list_ != nullptr; }

 private:
  friend class DeadlineList;

  std::function<void()> on_expired_;
  DeadlineList* list_ = nullptr;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  TimePoint at_;
};

// Deadlines that are all the same time away. They come due in the order in which they were armed,
// so that arming and disarming are a few pointer writes, and one timer serves them all.
// Loop thread only.
class DeadlineList {
 public:
  DeadlineList(Loop& loop, milliseconds timeout);
  ~DeadlineList();

  // Arms or re-arms: `deadline` expires one timeout from now, in this list.
  void Arm(Deadline& deadline);

 private:
  friend class Deadline;

  void Unlink(Deadline& deadline);
  void Sweep();

  Loop& loop_;
  const milliseconds timeout_;
  Timer timer_;
  bool timer_running_ = false;
  Deadline* first_ = nullptr;
  Deadline* last_ = nullptr;
};

inline void Deadline::Disarm() {
  if (list_) list_->Unlink(*this);
}

}  // namespace balancer::server
