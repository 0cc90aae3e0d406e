#include "internal/server/retry_rule.hpp"

#include <catch2/catch.hpp>

namespace balancer::server {
namespace {

TEST_CASE("A request of which nothing was sent goes to another backend, whatever it is") {
  CHECK(JudgeRetry({.method = "GET"}) == RetryVerdict::other_backend);
  CHECK(JudgeRetry({.method = "POST"}) == RetryVerdict::other_backend);
}

TEST_CASE("A request that was sent goes again only if it is idempotent") {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    CAPTURE(method);
    CHECK(JudgeRetry({.method = method, .request_sent = true}) == RetryVerdict::other_backend);
  }
  for (const char* method : {"POST", "PATCH", "PROPFIND", "get"}) {
    CAPTURE(method);
    CHECK(JudgeRetry({.method = method, .request_sent = true}) == RetryVerdict::give_up);
  }
}

TEST_CASE("A request whose body is gone, or whose response has begun, does not go again") {
  CHECK(JudgeRetry({.method = "PUT", .body_held = false}) == RetryVerdict::give_up);
  CHECK(JudgeRetry({.method = "GET", .response_begun = true}) == RetryVerdict::give_up);
}

TEST_CASE("A kept-alive connection closed under us does not use up its backend") {
  FailedAttempt attempt{.method = "GET", .request_sent = true, .kept_alive = true, .closed = true};
  CHECK(JudgeRetry(attempt) == RetryVerdict::same_backend);
  attempt.closed = false;  // it timed out
  CHECK(JudgeRetry(attempt) == RetryVerdict::other_backend);
  attempt.closed = true;
  attempt.method = "POST";
  CHECK(JudgeRetry(attempt) == RetryVerdict::give_up);
}

}  // namespace
}  // namespace balancer::server
