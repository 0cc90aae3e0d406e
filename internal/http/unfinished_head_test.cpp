#include "internal/http/unfinished_head.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace balancer::http {
namespace {

using Status = ParseResult::Status;
using Sizes = std::vector<std::size_t>;

constexpr HeadLimits kLimits{.head_bytes = 100};

// The sizes at which a parse is due while `bytes` come in pieces of `piece` bytes.
Sizes DueSizes(std::string_view bytes, std::size_t piece = 1) {
  UnfinishedHead unfinished;
  Sizes due;
  for (std::size_t size = piece; size <= bytes.size(); size += piece) {
    if (unfinished.ParseDue(bytes.substr(0, size), kLimits)) due.push_back(size);
  }
  return due;
}

TEST_CASE("The first bytes are parsed, whatever they are") {
  CHECK(UnfinishedHead().ParseDue("GET / HTTP/1.1\r\nHost: a\r\n\r\n", kLimits));
  CHECK(UnfinishedHead().ParseDue("G", kLimits));
  CHECK(UnfinishedHead().ParseDue("\n", kLimits));
}

TEST_CASE("An unfinished head is parsed at doubling sizes, at ends of lines, and at its own end") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  REQUIRE(head.size() == 27);
  CHECK(DueSizes(head) == Sizes{1, 2, 4, 8, 16, 25, 27});
  CHECK(DueSizes(head, 9) == Sizes{9, 18, 27});
}

TEST_CASE("Bytes after a parse that came to nothing wait for twice as many") {
  UnfinishedHead unfinished;
  CHECK(unfinished.ParseDue("GET / HT", kLimits));
  CHECK_FALSE(unfinished.ParseDue("GET / HTT", kLimits));
  CHECK_FALSE(unfinished.ParseDue("GET / HTTP/1.1\r", kLimits));
  CHECK(unfinished.ParseDue("GET / HTTP/1.1\r\n", kLimits));
}

TEST_CASE("An end that comes in pieces is seen") {
  UnfinishedHead unfinished;
  CHECK(unfinished.ParseDue("GET / HTTP/1.0\r\nA: b", kLimits));
  CHECK_FALSE(unfinished.ParseDue("GET / HTTP/1.0\r\nA: b\r\n\r", kLimits));
  CHECK(unfinished.ParseDue("GET / HTTP/1.0\r\nA: b\r\n\r\n", kLimits));
}

TEST_CASE("At the limit a parse is due, and decides") {
  const std::string endless = "GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(200, 'a');
  const Sizes due = DueSizes(endless.substr(0, 102));
  CHECK(due == Sizes{1, 2, 4, 8, 16, 25, 50, 100, 101, 102});
  RequestHead head;
  CHECK(ParseRequestHead(endless.substr(0, 99), kLimits, head).status == Status::incomplete);
  CHECK(ParseRequestHead(endless.substr(0, 100), kLimits, head).status == Status::error);
}

TEST_CASE("Someone whose line ends are wrong is told so at the end of the line") {
  const std::string head = "GET / HTTP/1.1\r\nHost: a\n\n";
  CHECK(DueSizes(head) == Sizes{1, 2, 4, 8, 16, 24, 25});
}

TEST_CASE("After a reset another head begins") {
  UnfinishedHead unfinished;
  CHECK(unfinished.ParseDue("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1", kLimits));
  unfinished.Reset();
  CHECK(unfinished.ParseDue("HTTP/1.1", kLimits));
  CHECK_FALSE(unfinished.ParseDue("HTTP/1.1 2", kLimits));
}

}  // namespace
}  // namespace balancer::http
