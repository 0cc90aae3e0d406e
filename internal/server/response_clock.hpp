#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace balancer::server {

// Ids for requests that bring none: 32 hex digits, unique over workers and restarts: 16 random ones
// and a counter, kept as text and counted up in place. One thread.
class RequestIds {
 public:
  static constexpr std::size_t kLength = 32;

  RequestIds();
  // Valid until the next call.
  std::string_view Next();

 private:
  std::array<char, kLength> text_;
};

// What each response needs of the present: the Date field, and ids. One a worker; one thread.
class ResponseClock {
 public:
  // IMF-fixdate (RFC 9110 §5.6.7), formatted once a second. Valid until the next call.
  std::string_view Date();
  RequestIds& ids() { return ids_; }

 private:
  RequestIds ids_;
  std::int64_t second_ = -1;
  std::array<char, 30> date_{};
};

}  // namespace balancer::server
