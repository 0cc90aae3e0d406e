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
  // `answered(ticket)`. Returns the next deadline, or nothing.
  template <typename Answered, typename Expire>
  std::optional<Clock::time_point> Sweep(Clock::time_point now, const Answered& answered,
                                         const Expire& expire) {
    std::optional<Clock::time_point> next;
    for (auto& [deferral, waiting] : queues_) {
      while (!waiting.empty()) {
        const auto [since, ticket] = waiting.front();
        if (!answered(ticket)) {
          const auto deadline = since + deferral->after;
          if (deadline > now) {
            if (!next || deadline < *next) next = deadline;
            break;
          }
          waiting.pop_front();
          expire(ticket, deferral->reply);
        } else {
          waiting.pop_front();
        }
      }
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
  std::list<Queue> queues_;  // a list: expire() may lead to Add()
};

}  // namespace test_backend
