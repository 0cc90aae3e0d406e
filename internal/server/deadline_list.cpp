#include "internal/server/deadline_list.hpp"

#include <utility>

namespace balancer::server {

using std::chrono::duration_cast;

DeadlineList::DeadlineList(Loop& loop, milliseconds timeout)
    : loop_(loop), timeout_(timeout), timer_(loop, [this] { Sweep(); }) {}

DeadlineList::~DeadlineList() {
  while (first_) Unlink(*first_);
}

void DeadlineList::Arm(Deadline& deadline) {
  deadline.Disarm();
  deadline.at_ = loop_.Now() + timeout_;
  deadline.list_ = this;
  deadline.previous_ = last_;
  (last_ ? last_->next_ : first_) = &deadline;
  last_ = &deadline;
  // The timer is left running when its deadline is disarmed: it finds the next one by itself.
  if (!timer_running_) {
    timer_running_ = true;
    timer_.Start(timeout_);
  }
}

void DeadlineList::Unlink(Deadline& deadline) {
  (deadline.previous_ ? deadline.previous_->next_ : first_) = deadline.next_;
  (deadline.next_ ? deadline.next_->previous_ : last_) = deadline.previous_;
  deadline.list_ = nullptr;
  deadline.previous_ = deadline.next_ = nullptr;
}

void DeadlineList::Sweep() {
  timer_running_ = false;
  const TimePoint now = loop_.Now();
  while (first_ && first_->at_ <= now) {
    Deadline& due = *first_;
    Unlink(due);
    due.on_expired_();  // may destroy `due`, and arm or disarm others
  }
  if (first_ && !timer_running_) {
    timer_running_ = true;
    timer_.Start(duration_cast<milliseconds>(first_->at_ - now) + milliseconds(1));
  }
}

}  // namespace balancer::server
