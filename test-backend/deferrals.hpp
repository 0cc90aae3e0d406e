#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>

#include "test-backend/server.hpp"

namespace test_backend {

// The deadlines of deferred requests. All of one Deferral wait equally long, so each has a queue in
// order of arrival, and a deadline costs nothing but its place there.
class Deferrals {
 public:
  using Clock = std::chrono::steady_clock;

  void Add(const Deferral& deferral, Ticket ticket, Clock::time_point now) {
    for (auto& queue : queues_) {
      if (queue.deferral == &deferral) return queue.waiting.push_back({now, ticket});
    }
    queues_.push_back({&deferral, {{now, ticket}}});
  }

  // Calls expire(ticket, reply) for each whose time has come, and forgets those for which
  // `answered(ticket)`. Returns the next deadline, or nothing. expire() may lead to Add().
  template <typename Answered, typename Expire>
  std::optional<Clock::time_point> Sweep(Clock::time_point now, const Answered& answered,
                                         const Expire& expire) {
    for (auto& [deferral, waiting] : queues_) {
      while (!waiting.empty()) {
        const auto [since, ticket] = waiting.front();
        const bool is_answered = answered(ticket);
        if (!is_answered && since + deferral->after > now) break;
        waiting.pop_front();
        if (!is_answered) expire(ticket, deferral->reply);
      }
    }
    std::optional<Clock::time_point> next;
    for (const auto& [deferral, waiting] : queues_) {
      if (waiting.empty()) continue;
      const auto deadline = waiting.front().since + deferral->after;
      if (!next || deadline < *next) next = deadline;
    }
    return next;
  }

 private:
  struct Entry {
    Clock::time_point since;
    Ticket ticket;
  };
  struct Queue {
    const Deferral* deferral;
    std::deque<Entry> waiting;
  };
  std::list<Queue> queues_;  // a list: one may be added while they are swept
};

}  // namespace test_backend
