#include "internal/server/retry_rule.hpp"

#include "internal/http/message.hpp"

namespace balancer::server {

RetryVerdict JudgeRetry(const FailedAttempt& attempt) {
  // A response that has begun cannot be taken back.
  if (attempt.response_begun) return RetryVerdict::give_up;
  // A body that is gone cannot be sent again.
  if (!attempt.body_held) return RetryVerdict::give_up;
  // What may have been acted upon is sent again only if acting twice is harmless
  // (RFC 9110 §9.2.2).
  if (attempt.request_sent && !http::IsIdempotent(attempt.method)) return RetryVerdict::give_up;
  if (attempt.kept_alive && attempt.closed) return RetryVerdict::same_backend;
  return RetryVerdict::other_backend;
}

}  // namespace balancer::server
