#include "test-backend/deferrals.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace std::chrono_literals;
using test_backend::Deferral;
using test_backend::Deferrals;
using test_backend::Ticket;

namespace {

const Deferrals::Clock::time_point kStart{1000h};

// The numbers of the requests whose time has come; `next` is set to the next deadline.
std::vector<std::uint64_t> Expired(Deferrals& deferrals, std::chrono::milliseconds after_start,
                                   std::optional<Deferrals::Clock::time_point>& next,
                                   std::uint64_t answered = 0) {
  std::vector<std::uint64_t> numbers;
  next = deferrals.Sweep(
      kStart + after_start, [&](Ticket ticket) { return ticket.number == answered; },
      [&](Ticket ticket, const auto&) { numbers.push_back(ticket.number); });
  return numbers;
}

}  // namespace

TEST_CASE("Each deferral has its time, whichever came first") {
  const Deferral slow{200ms, {}};
  const Deferral fast{50ms, {}};
  Deferrals deferrals;
  deferrals.Add(slow, {1, 1}, kStart);
  deferrals.Add(fast, {1, 2}, kStart + 10ms);
  deferrals.Add(fast, {1, 3}, kStart + 20ms);

  std::optional<Deferrals::Clock::time_point> next;
  CHECK(Expired(deferrals, 59ms, next).empty());
  CHECK(next == kStart + 60ms);
  CHECK(Expired(deferrals, 60ms, next) == std::vector<std::uint64_t>{2});
  CHECK(next == kStart + 70ms);
  CHECK(Expired(deferrals, 200ms, next) == std::vector<std::uint64_t>{1, 3});
  CHECK(!next);
}

TEST_CASE("Nobody waits for the deadline of what is answered") {
  const Deferral deferral{200ms, {}};
  Deferrals deferrals;
  deferrals.Add(deferral, {1, 1}, kStart);
  std::optional<Deferrals::Clock::time_point> next;
  CHECK(Expired(deferrals, 0ms, next, 1).empty());
  CHECK(!next);
}

TEST_CASE("What is deferred while others expire has its deadline") {
  const Deferral slow{200ms, {}};
  const Deferral fast{50ms, {}};
  Deferrals deferrals;
  deferrals.Add(slow, {1, 1}, kStart);
  deferrals.Add(fast, {2, 2}, kStart);
  const auto never = [](Ticket) { return false; };
  deferrals.Sweep(kStart + 200ms, never, [](Ticket, const auto&) {});
  deferrals.Add(fast, {2, 3}, kStart + 200ms);
  const auto next = deferrals.Sweep(kStart + 250ms, never, [&](Ticket, const auto&) {
    deferrals.Add(slow, {2, 4}, kStart + 250ms);
  });
  CHECK(next == kStart + 450ms);
}
