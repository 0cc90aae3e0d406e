#include "internal/server/loop.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include <event2/event.h>

namespace balancer::server {
namespace {

event_base* NewBase() {
  std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(),
                                                                     &event_config_free);
  // A base serves one thread: it needs no locks.
  event_config_set_flag(config.get(), EVENT_BASE_FLAG_NOLOCK);
  return event_base_new_with_config(config.get());
}

}  // namespace

void EventDeleter::operator()(event* e) const {
  event_free(e);
}
void Loop::BaseDeleter::operator()(event_base* b) const {
  event_base_free(b);
}

Loop::Loop() : base_(NewBase()), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!base_ || wake_fd_ < 0) throw std::system_error(errno, std::generic_category(), "event loop");
  wake_.reset(event_new(
      base_.get(), wake_fd_, EV_READ | EV_PERSIST,
      [](evutil_socket_t, short, void* self) { static_cast<Loop*>(self)->RunPosted(); }, this));
  event_add(wake_.get(), nullptr);
}

Loop::~Loop() {
  wake_.reset();
  close(wake_fd_);
}

void Loop::Run() {
  while (!stopping_) {
    event_base_loop(base_.get(), EVLOOP_ONCE);
    now_ = TimePoint();
  }
}

void Loop::Stop() {
  Post([this] { stopping_ = true; });
}

void Loop::Post(std::function<void()> task) {
  {
    std::lock_guard lock(mu_);
    posted_.push_back(std::move(task));
    if (posted_.size() > 1) return;  // whoever filled it first has woken the loop
  }
  const std::uint64_t one = 1;
  // Fails only when the counter is full: then the loop has been woken anyway.
  [[maybe_unused]] const ssize_t written = write(wake_fd_, &one, sizeof one);
}

void Loop::RunPosted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(wake_fd_, &count, sizeof count);
  std::vector<std::function<void()>> tasks;
  {
    std::lock_guard lock(mu_);
    tasks.swap(posted_);
  }
  for (auto& task : tasks) task();
}

Timer::Timer(Loop& loop, std::function<void()> on_time)
    : on_time_(std::move(on_time)),
      event_(evtimer_new(
          loop.base(),
          [](evutil_socket_t, short, void* self) { static_cast<Timer*>(self)->on_time_(); },
          this)) {}

void Timer::Start(milliseconds delay) {
  const auto ms = std::max<milliseconds::rep>(delay.count(), 0);
  const timeval tv{static_cast<time_t>(ms / 1000), static_cast<suseconds_t>(ms % 1000 * 1000)};
  evtimer_add(event_.get(), &tv);
}

void Timer::Stop() {
  evtimer_del(event_.get());
}

}  // namespace balancer::server
