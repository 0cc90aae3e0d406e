#include "internal/http/problem.hpp"

#include <catch2/catch.hpp>

#include "internal/http/message.hpp"

namespace balancer::http {
namespace {

using model::ErrorCode;

TEST_CASE("A problem is one line of JSON") {
  const Problem problem = ToProblem({ErrorCode::not_found, "no such client_id"});
  CHECK(problem.status == 404);
  CHECK(problem.body == R"({"type":"about:blank","title":"Not Found","status":404,)"
                        R"("detail":"no such client_id"})");
}

TEST_CASE("A detail is escaped") {
  const Problem problem = ToProblem({ErrorCode::internal, "a\"b\\c\nd\x7F\xC3\xBC"});
  CHECK(problem.body.find(R"("detail":"a\"b\\c\u000ad\u007f??"})") != std::string::npos);
}

TEST_CASE("Every error has a status, a title and a detail of its own") {
  for (int code = 0; code <= static_cast<int>(ErrorCode::internal); ++code) {
    const Problem problem = ToProblem({static_cast<ErrorCode>(code), ""});
    CAPTURE(problem.body);
    CHECK(problem.status == StatusOf(static_cast<ErrorCode>(code)));
    CHECK(problem.status >= 400);
    CHECK(problem.status <= 599);
    CHECK_FALSE(ReasonPhrase(problem.status).empty());
    CHECK(problem.body.find(R"("detail":"")") == std::string::npos);
  }
}

TEST_CASE("Errors have the statuses of the contract") {
  CHECK(StatusOf(ErrorCode::malformed_request) == 400);
  CHECK(StatusOf(ErrorCode::invalid_argument) == 400);
  CHECK(StatusOf(ErrorCode::unauthorized) == 401);
  CHECK(StatusOf(ErrorCode::forbidden) == 403);
  CHECK(StatusOf(ErrorCode::method_not_allowed) == 405);
  CHECK(StatusOf(ErrorCode::request_timeout) == 408);
  CHECK(StatusOf(ErrorCode::already_exists) == 409);
  CHECK(StatusOf(ErrorCode::body_too_large) == 413);
  CHECK(StatusOf(ErrorCode::uri_too_long) == 414);
  CHECK(StatusOf(ErrorCode::expectation_failed) == 417);
  CHECK(StatusOf(ErrorCode::rate_limited) == 429);
  CHECK(StatusOf(ErrorCode::head_too_large) == 431);
  CHECK(StatusOf(ErrorCode::unknown_coding) == 501);
  CHECK(StatusOf(ErrorCode::backend_unreachable) == 502);
  CHECK(StatusOf(ErrorCode::backend_bad_response) == 502);
  CHECK(StatusOf(ErrorCode::no_backend) == 503);
  CHECK(StatusOf(ErrorCode::storage_unavailable) == 503);
  CHECK(StatusOf(ErrorCode::backend_timeout) == 504);
  CHECK(StatusOf(ErrorCode::unknown_version) == 505);
  CHECK(StatusOf(ErrorCode::storage_failed) == 500);
}

}  // namespace
}  // namespace balancer::http
