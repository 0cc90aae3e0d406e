#pragma once

#include <chrono>
#include <thread>

// Time in tests: nothing sleeps to wait for a state, everything that waits gives up some day.
namespace balancer::e2e {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// Sanitizers keep shadows and freed blocks, and slow everything down: figures of memory and of
// processor time are not checked then. Everything else is.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
inline constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

// How long a test waits for what should come at once on an idle machine.
inline constexpr milliseconds kPatience = kSanitized ? 60s : 20s;

class Deadline {
 public:
  explicit Deadline(milliseconds from_now) : at_(SteadyClock::now() + from_now) {}

  bool passed() const { return SteadyClock::now() >= at_; }
  // Never negative; rounded up, so that a poll() with it does not spin.
  milliseconds left() const {
    const auto left = std::chrono::ceil<milliseconds>(at_ - SteadyClock::now());
    return left > 0ms ? left : 0ms;
  }

 private:
  SteadyClock::time_point at_;
};

// Asks until the condition holds. False: it did not in time.
template <typename Condition>
bool Eventually(Condition condition, milliseconds timeout = kPatience) {
  const Deadline deadline(timeout);
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace balancer::e2e
