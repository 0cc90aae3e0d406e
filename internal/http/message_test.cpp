#include "internal/http/message.hpp"

#include <catch2/catch.hpp>

namespace balancer::http {
namespace {

RequestHead WithTarget(std::string_view target) {
  RequestHead head;
  head.target = target;
  return head;
}

TEST_CASE("A target is a path and a query") {
  CHECK(WithTarget("/a/b").path() == "/a/b");
  CHECK(WithTarget("/a/b").query().empty());
  CHECK(WithTarget("/a?").path() == "/a");
  CHECK(WithTarget("/a?").query().empty());
  CHECK(WithTarget("/a?b=1?c").path() == "/a");
  CHECK(WithTarget("/a?b=1?c").query() == "b=1?c");
  CHECK(WithTarget("*").path() == "*");
}

TEST_CASE("A framing has a body unless it is empty") {
  CHECK_FALSE(Framing{Framing::Kind::none}.has_body());
  CHECK_FALSE(Framing{Framing::Kind::length, 0}.has_body());
  CHECK(Framing{Framing::Kind::length, 1}.has_body());
  CHECK(Framing{Framing::Kind::chunked}.has_body());
  CHECK(Framing{Framing::Kind::until_close}.has_body());
}

TEST_CASE("Clearing a head keeps its memory") {
  RequestHead request = WithTarget("/x");
  request.fields.resize(7);
  const Field* const memory = request.fields.data();
  request.Clear();
  CHECK(request.target.empty());
  CHECK(request.fields.empty());
  CHECK(request.fields.capacity() >= 7);
  CHECK(request.fields.data() == memory);

  ResponseHead response;
  response.status = 404;
  response.keep_alive = false;
  response.framing = {Framing::Kind::length, 3};
  response.fields.resize(3);
  response.Clear();
  CHECK(response.status == 200);
  CHECK(response.keep_alive);
  CHECK(response.framing.kind == Framing::Kind::none);
  CHECK(response.fields.empty());
}

TEST_CASE("Idempotent methods are known by their exact names") {
  for (const auto method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    CAPTURE(method);
    CHECK(IsIdempotent(method));
  }
  for (const auto method : {"POST", "PATCH", "CONNECT", "get", "GETS", ""}) {
    CAPTURE(method);
    CHECK_FALSE(IsIdempotent(method));
  }
}

TEST_CASE("Registered codes have their phrase") {
  CHECK(ReasonPhrase(200) == "OK");
  CHECK(ReasonPhrase(404) == "Not Found");
  CHECK(ReasonPhrase(429) == "Too Many Requests");
  CHECK(ReasonPhrase(431) == "Request Header Fields Too Large");
  CHECK(ReasonPhrase(299).empty());
  CHECK(ReasonPhrase(0).empty());
}

}  // namespace
}  // namespace balancer::http
