#include "internal/server/response_clock.hpp"

#include <ctime>
#include <random>

namespace balancer::server {

RequestIds::RequestIds() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device random;
  for (std::size_t i = 0; i < kLength; ++i) {
    text_[i] = i < kLength / 2 ? kDigits[random() % 16] : '0';
  }
}

const RequestIds::Text& RequestIds::Next() {
  for (std::size_t i = kLength; i-- > kLength / 2;) {
    char& digit = text_[i];
    if (digit == 'f') {
      digit = '0';  // carries on to the left
      continue;
    }
    digit = digit == '9' ? 'a' : static_cast<char>(digit + 1);
    break;
  }
  return text_;
}

void ResponseClock::FormatDate() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  next_second_ = loop_.Now() + std::chrono::seconds(1) - std::chrono::nanoseconds(now.tv_nsec);
  tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  // The program runs in the "C" locale, so names of days and months are English.
  std::strftime(date_.data(), date_.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
}

}  // namespace balancer::server
