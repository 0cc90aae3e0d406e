#include <string>

#include <catch2/catch.hpp>

#include "internal/http/parser.hpp"

namespace balancer::http {
namespace {

using namespace std::string_view_literals;
using Kind = Framing::Kind;
using Status = ParseResult::Status;

// A response read from bytes of its own.
struct Response {
  explicit Response(std::string_view text, std::string_view method = "GET",
                    const HeadLimits& limits = {})
      : bytes(text), result(ParseResponseHead(bytes, limits, method, head)) {}

  bool complete() const { return result.status == Status::complete; }
  bool bad() const {
    return result.status == Status::error &&
           result.error.code == model::ErrorCode::backend_bad_response &&
           !result.error.detail.empty();
  }

  std::string bytes;
  ResponseHead head;
  ParseResult result;
};

std::string WithFields(std::string_view lines, std::string_view status_line = "HTTP/1.1 200 OK") {
  return std::string(status_line) + "\r\n" + std::string(lines) + "\r\n";
}

constexpr std::string_view kLength = "Content-Length: 5\r\n";
constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";

TEST_CASE("A response is read") {
  constexpr std::string_view kWhole =
      "HTTP/1.1 404 Not  Found\t!\r\nServer: x\r\nContent-Length: 5\r\nConnection: X-Hop\r\n"
      "X-Hop: 1\r\n\r\n";
  const Response response(std::string(kWhole).append("12345"));
  REQUIRE(response.complete());
  CHECK(response.result.head_bytes == kWhole.size());
  CHECK(response.head.status == 404);
  CHECK(response.head.reason == "Not  Found\t!");
  CHECK(response.head.minor_version == 1);
  CHECK(response.head.keep_alive);
  CHECK(response.head.framing.kind == Kind::length);
  CHECK(response.head.framing.length == 5);
  REQUIRE(response.head.fields.size() == 4);
  CHECK_FALSE(response.head.fields[0].hop_by_hop);
  CHECK(response.head.fields[2].hop_by_hop);
  CHECK(response.head.fields[3].hop_by_hop);

  for (std::size_t size = 0; size < kWhole.size(); ++size) {
    CAPTURE(kWhole.substr(0, size));
    CHECK(Response(kWhole.substr(0, size)).result.status == Status::incomplete);
  }
}

TEST_CASE("A status is three digits from 100 to 599") {
  for (const auto line : {"HTTP/1.1 200 OK"sv, "HTTP/1.1 200 "sv, "HTTP/1.1 200"sv,
                          "HTTP/1.1 100 x"sv, "HTTP/1.1 599 x"sv, "HTTP/1.1 299 \xC3\xBC"sv,
                          "HTTP/1.0 200 OK"sv, "HTTP/1.7 200 OK"sv, "HTTP/1.1 200  OK"sv}) {
    CAPTURE(line);
    CHECK(Response(WithFields("", line)).complete());
  }
  for (const auto line : {"HTTP/1.1"sv,
                          "HTTP/1.1 "sv,
                          "HTTP/1.1 20"sv,
                          "HTTP/1.1 2000"sv,
                          "HTTP/1.1 099 x"sv,
                          "HTTP/1.1 000 x"sv,
                          "HTTP/1.1 600 x"sv,
                          "HTTP/1.1 999 x"sv,
                          "HTTP/1.1  200 x"sv,
                          "HTTP/1.1 +20 x"sv,
                          "HTTP/1.1 2 0 x"sv,
                          "HTTP/1.1 2x0 x"sv,
                          "HTTP/1.1 200OK"sv,
                          "HTTP/1.1\t200 OK"sv,
                          "HTTP/2.0 200 OK"sv,
                          "HTTP/2 200"sv,
                          "HTTP/0.9 200 OK"sv,
                          "http/1.1 200 OK"sv,
                          "HTTP/1.10 200 OK"sv,
                          "ICY 200 OK"sv,
                          " HTTP/1.1 200 OK"sv,
                          "\r\nHTTP/1.1 200 OK"sv,
                          "HTTP/1.1 200 O\0K"sv,
                          "HTTP/1.1 200 O\x7FK"sv,
                          "HTTP/1.1 200 O\nK"sv,
                          "HTTP/1.1 200 O\rK"sv,
                          "HTTP/1.1 -200"sv,
                          "<html>"sv,
                          ""sv}) {
    CAPTURE(line);
    CHECK(Response(WithFields("", line)).bad());
  }
}

TEST_CASE("Bad field lines of a response are errors") {
  for (const auto lines : {"X : y\r\n"sv, "X: y\r\n z\r\n"sv, " X: y\r\n"sv, "X\r\n"sv, ": y\r\n"sv,
                           "X: a\0b\r\n"sv, "X: a\nY: b\r\n"sv, "X: a\rb\r\n"sv}) {
    CAPTURE(lines);
    CHECK(Response(WithFields(lines)).bad());
  }
}

TEST_CASE("The framing of a response is as RFC 9112 section 6.3 says") {
  const auto framing = [](std::string_view lines, std::string_view status_line = "HTTP/1.1 200 OK",
                          std::string_view method = "GET") {
    const Response response(WithFields(lines, status_line), method);
    REQUIRE(response.complete());
    return response.head.framing.kind;
  };
  CHECK(framing("") == Kind::until_close);
  CHECK(framing(kLength) == Kind::length);
  CHECK(framing(kChunked) == Kind::chunked);
  CHECK(framing("", "HTTP/1.0 200 OK") == Kind::until_close);
  for (const std::string_view lines : {""sv, kLength, kChunked}) {
    CHECK(framing(lines, "HTTP/1.1 200 OK", "HEAD") == Kind::none);
    CHECK(framing(lines, "HTTP/1.1 304 Not Modified") == Kind::none);
    CHECK(framing(lines, "HTTP/1.1 204 No Content") == Kind::none);
    CHECK(framing(lines, "HTTP/1.1 100 Continue") == Kind::none);
    CHECK(framing(lines, "HTTP/1.1 103 Early Hints") == Kind::none);
  }
  CHECK(framing(kLength, "HTTP/1.1 205 Reset Content") == Kind::length);
  CHECK(framing(kLength, "HTTP/1.1 200 OK", "head") == Kind::length);
}

TEST_CASE("A repeated Content-Length of one value is taken") {
  const Response response(WithFields("Content-Length: 5\r\nContent-Length: 5\r\n"));
  REQUIRE(response.complete());
  CHECK(response.head.framing.length == 5);
  CHECK(Response(WithFields("Content-Length: 5\r\nContent-Length: 6\r\n")).bad());
  CHECK(Response(WithFields("Content-Length: 5\r\nContent-Length: x\r\n")).bad());
}

TEST_CASE("Framing that can be read in two ways is an error, a body or not") {
  for (const auto lines :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"sv, "Transfer-Encoding: gzip\r\n"sv,
        "Transfer-Encoding: gzip, chunked\r\n"sv, "Transfer-Encoding: chunked, chunked\r\n"sv,
        "Transfer-Encoding: identity\r\n"sv, "Transfer-Encoding:\r\n"sv, "Content-Length: +5\r\n"sv,
        "Content-Length: 5, 5\r\n"sv, "Content-Length: -1\r\n"sv, "Content-Length:\r\n"sv,
        "Content-Length: 9223372036854775808\r\n"sv}) {
    CAPTURE(lines);
    CHECK(Response(WithFields(lines)).bad());
    CHECK(Response(WithFields(lines), "HEAD").bad());
  }
  CHECK(Response(WithFields(kChunked, "HTTP/1.0 200 OK")).bad());
}

TEST_CASE("A backend's connection is kept while it is known where the response ends") {
  const auto kept = [](std::string_view lines, std::string_view status_line = "HTTP/1.1 200 OK",
                       std::string_view method = "GET") {
    const Response response(WithFields(lines, status_line), method);
    REQUIRE(response.complete());
    return response.head.keep_alive;
  };
  CHECK(kept(kLength));
  CHECK(kept(kChunked));
  CHECK_FALSE(kept(""));
  CHECK_FALSE(kept("Content-Length: 5\r\nConnection: close\r\n"));
  CHECK_FALSE(kept(kLength, "HTTP/1.0 200 OK"));
  CHECK(kept("Content-Length: 5\r\nConnection: keep-alive\r\n", "HTTP/1.0 200 OK"));
  CHECK_FALSE(kept("Connection: keep-alive\r\n", "HTTP/1.0 200 OK"));
  CHECK(kept("", "HTTP/1.1 204 No Content"));
  CHECK(kept("Content-Length: 0\r\n", "HTTP/1.1 204 No Content"));
  CHECK_FALSE(kept(kLength, "HTTP/1.1 204 No Content"));
  CHECK_FALSE(kept(kChunked, "HTTP/1.1 204 No Content"));
  CHECK(kept(kLength, "HTTP/1.1 304 Not Modified"));
  CHECK(kept(kLength, "HTTP/1.1 200 OK", "HEAD"));
  CHECK(kept(kChunked, "HTTP/1.1 200 OK", "HEAD"));
}

TEST_CASE("A response head over a limit is an error") {
  const std::string whole = WithFields("X: y\r\nZ: w\r\n");
  CHECK(Response(whole, "GET", {.head_bytes = whole.size()}).complete());
  CHECK(Response(whole, "GET", {.head_bytes = whole.size() - 1}).bad());
  CHECK(Response(whole, "GET", {.field_count = 2}).complete());
  CHECK(Response(whole, "GET", {.field_count = 1}).bad());
  CHECK(Response(std::string(40000, 'H')).bad());
  CHECK(Response("HTTP/1.1 200 " + std::string(40000, 'x')).bad());
}

}  // namespace
}  // namespace balancer::http
