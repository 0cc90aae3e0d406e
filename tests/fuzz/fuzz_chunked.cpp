#include <algorithm>
#include <string>

#include "internal/http/chunked.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::http;
using Event = ChunkedDecoder::Event;

namespace {

struct Decoded {
  Event last = Event::need_more;
  std::string body;
  std::size_t used = 0;
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
    }
    FUZZ_CHECK(decoded.last != Event::need_more || part.empty());
    decoded.used += given - part.size();
  }
  FUZZ_CHECK(decoder.body_bytes() == decoded.body.size());
  return decoded;
}

}  // namespace

// The first byte says into what pieces the rest is cut: the pieces make no difference. A body that
// is read and framed again is the same body.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input = AsText(data + 1, size - 1);
  const Decoded whole = Decode(input, std::max<std::size_t>(input.size(), 1));
  const Decoded pieces = Decode(input, std::size_t{1} + data[0] % 32);
  FUZZ_CHECK(whole.last == pieces.last);
  FUZZ_CHECK(whole.body == pieces.body);
  FUZZ_CHECK(whole.used == pieces.used);
  if (whole.last != Event::end) return 0;

  std::string framed;
  AppendChunk(framed, whole.body);
  framed += kLastChunk;
  const Decoded again = Decode(framed, framed.size());
  FUZZ_CHECK(again.last == Event::end);
  FUZZ_CHECK(again.body == whole.body);
  return 0;
}
