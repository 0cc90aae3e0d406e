#include "internal/http/body_reader.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace balancer::http {
namespace {

using Event = BodyReader::Event;
using Kind = Framing::Kind;

// What a body told of, fed in pieces of `step` bytes.
struct Told {
  std::string body;
  std::string rest;  // of the bytes, not read
  Event last = Event::need_more;
  bool complete = false;
};

Told Feed(const Framing& framing, std::string_view bytes, std::size_t step,
          std::uint64_t limit = BodyReader::kNoLimit) {
  BodyReader reader;
  reader.Start(framing, limit);
  Told told;
  for (std::size_t at = 0; at < bytes.size() && !reader.complete(); at += step) {
    std::string_view input = bytes.substr(at, step);
    std::string_view data;
    while ((told.last = reader.Next(input, data)) == Event::data) told.body += data;
    if (told.last == Event::malformed || told.last == Event::too_large) return told;
    told.rest = std::string(input) + std::string(bytes.substr(std::min(at + step, bytes.size())));
  }
  told.complete = reader.complete();
  return told;
}

TEST_CASE("a body is told whole, and what follows it is left, in pieces of any size") {
  const std::size_t step = GENERATE(1, 2, 3, 7, 100);

  const Told length = Feed({Kind::length, 5}, "helloGET /", step);
  CHECK(length.body == "hello");
  CHECK(length.complete);
  CHECK(length.rest == "GET /");

  const Told chunked = Feed({Kind::chunked, 0}, "2\r\nhe\r\n3;a=b\r\nllo\r\n0\r\n\r\nGET /", step);
  CHECK(chunked.body == "hello");
  CHECK(chunked.complete);
  CHECK(chunked.rest == "GET /");

  const Told endless = Feed({Kind::until_close, 0}, "hello", step);
  CHECK(endless.body == "hello");
  CHECK_FALSE(endless.complete);
}

TEST_CASE("a message without a body is complete from the start") {
  const Framing framing = GENERATE(Framing{Kind::none, 0}, Framing{Kind::length, 0});
  BodyReader reader;
  reader.Start(framing);
  CHECK(reader.complete());
  std::string_view input = "GET /";
  std::string_view data;
  CHECK(reader.Next(input, data) == Event::end);
  CHECK(input == "GET /");
}

TEST_CASE("a chunked body may not be malformed, nor go over its limit") {
  CHECK(Feed({Kind::chunked, 0}, "5\nhello", 1).last == Event::malformed);
  CHECK(Feed({Kind::chunked, 0}, "5\r\nhello\r\n0\r\n\r\n", 4, 5).complete);
  CHECK(Feed({Kind::chunked, 0}, "3\r\nhel\r\n3\r\nlo!\r\n", 4, 5).last == Event::too_large);
}

TEST_CASE("a reader can be used for one body after the other") {
  BodyReader reader;
  for (int i = 0; i < 2; ++i) {
    reader.Start({Kind::chunked, 0});
    std::string_view input = "1\r\nx\r\n0\r\n\r\n";
    std::string_view data;
    CHECK(reader.Next(input, data) == Event::data);
    CHECK(reader.Next(input, data) == Event::end);
    reader.Start({Kind::length, 1});
    input = "y";
    CHECK(reader.Next(input, data) == Event::data);
    CHECK(data == "y");
    CHECK(reader.complete());
  }
}

}  // namespace
}  // namespace balancer::http
