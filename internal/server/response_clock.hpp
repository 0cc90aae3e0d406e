#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "internal/server/loop.hpp"

namespace balancer::server {

// Ids for requests that bring none: 32 hex digits, unique over workers and restarts: 16 random ones
// and a counter, kept as text and counted up in place. One thread.
class RequestIds {
 public:
  static constexpr std::size_t kLength = 32;

  using Text = std::array<char, kLength>;

  RequestIds();
  const Text& Next();

 private:
  Text text_;
};

// What each response needs of the present: the Date field, and ids. One a worker; loop thread only.
class ResponseClock {
 public:
  // `loop` must outlive it.
  explicit ResponseClock(Loop& loop) : loop_(loop) {}

  // IMF-fixdate (RFC 9110 §5.6.7), formatted once a second. Valid until the next call.
  std::string_view Date() {
    if (loop_.Now() >= next_second_) FormatDate();
    return {date_.data(), date_.size() - 1};
  }
  RequestIds& ids() { return ids_; }

 private:
  void FormatDate();

  Loop& loop_;
  RequestIds ids_;
  TimePoint next_second_;  // of the calendar, by the loop's clock
  std::array<char, 30> date_{};
};

}  // namespace balancer::server
