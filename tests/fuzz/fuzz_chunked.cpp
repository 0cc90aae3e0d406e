#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "internal/http/body_reader.hpp"
#include "internal/http/chunked.hpp"
#include "internal/http/field.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::http;
using Event = ChunkedDecoder::Event;

namespace {

constexpr std::size_t kBoundBytes = 1024;  // within these no extensions or trailers are too long

struct Decoded {
  Event last = Event::need_more;
  std::string body;
  std::size_t used = 0;

  bool operator==(const Decoded&) const = default;
};

Decoded Decode(std::string_view input, std::size_t piece) {
  ChunkedDecoder decoder;
  Decoded decoded;
  while (decoded.last == Event::need_more && decoded.used < input.size()) {
    std::string_view part = input.substr(decoded.used, piece);
    const std::size_t given = part.size();
    std::string_view data;
    while ((decoded.last = decoder.Next(part, data)) == Event::data) {
      FUZZ_CHECK(!data.empty() && LiesIn(data, input));
      decoded.body += data;
      FUZZ_CHECK(decoder.body_bytes() == decoded.body.size());
      FUZZ_CHECK(!decoder.Exceeds(~std::uint64_t{0}));
    }
    FUZZ_CHECK(decoded.last != Event::need_more || part.empty());
    decoded.used += given - part.size();
  }
  FUZZ_CHECK(decoder.body_bytes() == decoded.body.size());
  return decoded;
}

// Takes a line off `input`, without its CRLF; nullopt: it does not end, or has a control in it.
std::optional<std::string_view> TakeLine(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find("\r\n"));
  if (line.size() == input.size()) return std::nullopt;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return std::nullopt;
  }
  input.remove_prefix(line.size() + 2);
  return line;
}

// The body of RFC 9112 §7.1 that `input` begins with, read whole; nullopt: there is none. Knows no
// bounds of extensions and trailers.
std::optional<Decoded> ReadWhole(std::string_view input) {
  const std::size_t size = input.size();
  Decoded read;
  for (;;) {
    const auto line = TakeLine(input);
    if (!line) return std::nullopt;
    const std::string_view digits = line->substr(0, line->find(';'));
    std::uint64_t left = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), left, 16);
    // from_chars would take a minus sign.
    if (error != std::errc() || end != digits.data() + digits.size() || digits[0] == '-' ||
        digits.size() > 16) {
      return std::nullopt;
    }
    if (left == 0) break;
    if (input.size() < 2 || left > input.size() - 2) return std::nullopt;
    read.body += input.substr(0, left);
    input.remove_prefix(left);
    if (!input.starts_with("\r\n")) return std::nullopt;
    input.remove_prefix(2);
  }
  for (;;) {
    const auto line = TakeLine(input);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    const std::size_t colon = line->find(':');
    if (colon == line->npos || !IsToken(line->substr(0, colon))) return std::nullopt;
  }
  read.last = Event::end;
  read.used = size - input.size();
  return read;
}

// A limit stops a longer body before more than it has been told, and leaves others alone.
void CheckLimit(std::string_view input, const Decoded& whole, std::uint64_t limit) {
  BodyReader reader;
  reader.Start({Framing::Kind::chunked, 0}, limit);
  std::string body;
  std::string_view data;
  BodyReader::Event event;
  while ((event = reader.Next(input, data)) == BodyReader::Event::data) body += data;
  FUZZ_CHECK(body.size() <= limit && whole.body.starts_with(body));
  FUZZ_CHECK(reader.complete() == (event == BodyReader::Event::end));
  if (event == BodyReader::Event::too_large) {
    FUZZ_CHECK(whole.last != Event::end || whole.body.size() > limit);
    return;
  }
  FUZZ_CHECK(body == whole.body);
  FUZZ_CHECK((event == BodyReader::Event::end) == (whole.last == Event::end));
  FUZZ_CHECK((event == BodyReader::Event::malformed) == (whole.last == Event::error));
}

}  // namespace

// The first byte says into what pieces the rest is cut: the pieces make no difference. It is the
// limit, too. A body that is read is the one that a plainer reader finds, and is the same when it
// is framed again.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = AsText(data + 1, size - 1);
  const Decoded whole = Decode(input, std::max<std::size_t>(input.size(), 1));
  FUZZ_CHECK(whole == Decode(input, std::size_t{1} + data[0] % 32));
  CheckLimit(input, whole, data[0]);
  if (whole.last != Event::end) {
    FUZZ_CHECK(input.size() > kBoundBytes || !ReadWhole(input));
    return 0;
  }
  FUZZ_CHECK(ReadWhole(input) == whole);
  CheckLimit(input, whole, whole.body.size());

  Buffer framed;
  AppendChunk(framed, whole.body);
  framed.Append(kLastChunk);
  const Decoded again = Decode(framed.view(), framed.size());
  FUZZ_CHECK(again.last == Event::end && again.used == framed.size());
  FUZZ_CHECK(again.body == whole.body);
  return 0;
}
