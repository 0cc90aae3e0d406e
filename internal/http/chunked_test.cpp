#include "internal/http/chunked.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace balancer::http {
namespace {

using namespace std::string_view_literals;
using Event = ChunkedDecoder::Event;

// What came of decoding `input`, given in pieces of `piece` bytes.
struct Decoded {
  Event last = Event::need_more;
  std::string body;
  std::string rest;  // not used up at the end of the body
  std::uint64_t counted = 0;
};

Decoded Decode(std::string_view input, std::size_t piece = 1 << 20) {
  ChunkedDecoder decoder;
  Decoded decoded;
  while (decoded.last == Event::need_more && !input.empty()) {
    std::string_view part = input.substr(0, piece);
    input.remove_prefix(part.size());
    std::string_view data;
    while ((decoded.last = decoder.Next(part, data)) == Event::data) {
      CHECK_FALSE(data.empty());
      decoded.body += data;
    }
    if (decoded.last == Event::need_more) CHECK(part.empty());
    if (decoded.last == Event::end) decoded.rest = std::string(part) + std::string(input);
  }
  decoded.counted = decoder.body_bytes();
  return decoded;
}

bool IsRefused(std::string_view input) {
  return Decode(input).last == Event::error && Decode(input, 1).last == Event::error;
}

bool IsWhole(std::string_view input) {
  return Decode(input).last == Event::end && Decode(input, 1).last == Event::end;
}

TEST_CASE("Chunks are put together, however they arrive") {
  constexpr std::string_view kBody =
      "5\r\nhello\r\n1;ext=\"a;b\"\r\n,\r\n00A\r\n0123456789\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nGET /";
  for (std::size_t piece = 1; piece <= kBody.size(); ++piece) {
    const Decoded decoded = Decode(kBody, piece);
    CAPTURE(piece);
    CHECK(decoded.last == Event::end);
    CHECK(decoded.body == "hello,0123456789");
    CHECK(decoded.counted == 16);
    CHECK(decoded.rest == "GET /");
  }
}

TEST_CASE("A body that is cut off needs more") {
  constexpr std::string_view kWhole = "3;a\r\nabc\r\n0\r\nT: x\r\n\r\n";
  for (std::size_t size = 0; size < kWhole.size(); ++size) {
    CAPTURE(size);
    CHECK(Decode(kWhole.substr(0, size)).last == Event::need_more);
  }
  CHECK(IsWhole(kWhole));
}

TEST_CASE("The end stays the end, and Reset begins anew") {
  ChunkedDecoder decoder;
  std::string_view data;
  std::string_view input = "1\r\na\r\n0\r\n\r\n5\r\n";
  CHECK(decoder.Next(input, data) == Event::data);
  CHECK(decoder.Next(input, data) == Event::end);
  CHECK(input == "5\r\n");
  CHECK(decoder.Next(input, data) == Event::end);
  CHECK(input == "5\r\n");
  decoder.Reset();
  CHECK(decoder.body_bytes() == 0);
  CHECK(decoder.Next(input, data) == Event::need_more);
  CHECK(input.empty());
}

TEST_CASE("A size is hexadecimal digits and nothing else") {
  CHECK(IsWhole("a\r\n0123456789\r\n0\r\n\r\n"));
  CHECK(IsWhole("A\r\n0123456789\r\n000\r\n\r\n"));
  CHECK(IsWhole("0000000000000001\r\na\r\n0\r\n\r\n"));
  for (const auto input :
       {"\r\n"sv, ";x\r\n"sv, "+1\r\na"sv, "-1\r\na"sv, "0x1\r\na"sv, " 1\r\na"sv, "1 \r\na"sv,
        "1 ;x\r\na"sv, "\t1\r\n"sv, "g\r\n"sv, "1g\r\n"sv, "1\0\r\n"sv, "1,1\r\n"sv, "1_0\r\n"sv,
        "\xB2\r\n"sv, "1.\r\n"sv, "\n1\r\na"sv}) {
    CAPTURE(input);
    CHECK(IsRefused(input));
  }
}

TEST_CASE("A size that overflows is refused") {
  CHECK(Decode("7fffffffffffffff\r\n").last == Event::need_more);
  CHECK(IsRefused("8000000000000000\r\n"));
  CHECK(IsRefused("ffffffffffffffff\r\n"));
  CHECK(IsRefused("10000000000000000\r\n"));
  CHECK(IsRefused("10000000000000005\r\nhello\r\n0\r\n\r\n"));
  CHECK(IsRefused("00000000000000001\r\na\r\n"));
}

TEST_CASE("Chunk lines end in CRLF and nothing else") {
  for (const auto input :
       {"1\na\r\n0\r\n\r\n"sv, "1\ra\r\n"sv, "1\r\r\na"sv, "1\r\na\n0\r\n\r\n"sv,
        "1\r\na\r0\r\n\r\n"sv, "1\r\nab\r\n"sv, "1\r\na0\r\n"sv, "0\n\n"sv, "0\r\n\n"sv,
        "0\r\n\rx"sv, "0\r\nX: y\n\r\n"sv, "0\r\nX: y\r\r\n"sv, "1;a\nb\r\n"sv, "1;a\rb\r\n"sv}) {
    CAPTURE(input);
    CHECK(IsRefused(input));
  }
}

TEST_CASE("Extensions and trailers have no controls") {
  CHECK(IsWhole("1;a=b;c=\"\t \xC3\xBC\"\r\nx\r\n0;z\r\n\r\n"));
  CHECK(IsRefused("1;a\0b\r\n"sv));
  CHECK(IsRefused("1;a\x7F\r\n"));
  CHECK(IsRefused("0\r\nX: \x01\r\n\r\n"));
  CHECK(IsRefused("0\r\nX: \0\r\n\r\n"sv));
  CHECK(IsRefused("0\r\n X: folded\r\n\r\n"));
  CHECK(IsRefused("0\r\nX: y\r\n z\r\n\r\n"));
  CHECK(IsRefused("0\r\n: y\r\n\r\n"));
}

TEST_CASE("A trailer line is a name, a colon and a value") {
  CHECK(IsWhole("0\r\nX-Sum: 1\r\nY:\r\n\r\n"));
  CHECK(IsRefused("0\r\nX-Sum\r\n\r\n"));
  CHECK(IsRefused("0\r\nX Y: 1\r\n\r\n"));
  CHECK(IsRefused("0\r\nX: 1\r\nY : 1\r\n\r\n"));
  CHECK(IsRefused("0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"));
}

TEST_CASE("Extensions and trailers are bounded") {
  const std::string extension = ";" + std::string(1024, 'x');
  CHECK(IsWhole("1" + extension + "\r\na\r\n1" + extension + "\r\nb\r\n0\r\n\r\n"));
  CHECK(Decode("1" + extension + "x").last == Event::error);

  const std::string name(100, 'x');
  std::string trailers = "0\r\n";
  for (int i = 0; i < 80; ++i) trailers.append(name).append(":\r\n");
  CHECK(Decode(trailers + "\r\n").last == Event::end);
  for (int i = 0; i < 2; ++i) trailers.append(name).append(":\r\n");
  CHECK(Decode(trailers + "\r\n").last == Event::error);
}

TEST_CASE("A chunk that is written is read again") {
  Buffer out("before");
  AppendChunk(out, "");
  CHECK(out.view() == "before");
  AppendChunk(out, "hello");
  CHECK(out.view() == "before5\r\nhello\r\n");
  AppendChunk(out, std::string(300, 'x'));
  out.Append(kLastChunk);
  const Decoded decoded = Decode(out.view().substr(6));
  CHECK(decoded.last == Event::end);
  CHECK(decoded.body == "hello" + std::string(300, 'x'));
}

TEST_CASE("A body that is too long shows with the size of the chunk that makes it so") {
  ChunkedDecoder decoder;
  std::string_view data;
  std::string_view input = "3\r\nabc\r\n";
  while (decoder.Next(input, data) == ChunkedDecoder::Event::data) {
  }
  CHECK_FALSE(decoder.Exceeds(3));
  CHECK(decoder.Exceeds(2));
  input = "a\r\n";
  CHECK(decoder.Next(input, data) == ChunkedDecoder::Event::need_more);
  CHECK_FALSE(decoder.Exceeds(13));
  CHECK(decoder.Exceeds(12));
}

}  // namespace
}  // namespace balancer::http
