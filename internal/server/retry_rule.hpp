#pragma once

#include <string_view>

namespace balancer::server {

// How far a failed attempt to forward a request had come.
struct FailedAttempt {
  std::string_view method;
  bool request_sent = false;    // the kernel took at least one byte of the request
  bool response_begun = false;  // at least one byte of a response came
  bool body_held = true;        // all body bytes told so far can be sent again
  bool kept_alive = false;      // it went over a kept-alive connection
  bool closed = false;          // the backend closed the connection (no timeout)
};

enum class RetryVerdict {
  give_up,
  same_backend,  // the kept-alive connection was closed under us: says nothing of the backend
  other_backend,
};

// The one rule for trying again.
RetryVerdict JudgeRetry(const FailedAttempt& attempt);

}  // namespace balancer::server
