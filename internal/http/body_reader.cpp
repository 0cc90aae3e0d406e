#include "internal/http/body_reader.hpp"

#include <algorithm>

namespace balancer::http {

void BodyReader::Start(const Framing& framing, std::uint64_t limit) {
  chunked_ = framing.kind == Framing::Kind::chunked;
  left_ = framing.kind == Framing::Kind::until_close ? kNoLimit : framing.length;
  complete_ = !framing.has_body();
  limit_ = limit;
  if (chunked_) chunks_.Reset();
}

BodyReader::Event BodyReader::Next(std::string_view& input, std::string_view& data) {
  if (complete_) return Event::end;
  if (chunked_) return NextChunked(input, data);
  if (input.empty()) return Event::need_more;
  data = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
  input.remove_prefix(data.size());
  if (left_ != kNoLimit) left_ -= data.size();
  complete_ = left_ == 0;
  return Event::data;
}

BodyReader::Event BodyReader::NextChunked(std::string_view& input, std::string_view& data) {
  const ChunkedDecoder::Event event = chunks_.Next(input, data);
  if (event == ChunkedDecoder::Event::error) return Event::malformed;
  if (chunks_.Exceeds(limit_)) return Event::too_large;
  switch (event) {
    case ChunkedDecoder::Event::data:
      return Event::data;
    case ChunkedDecoder::Event::end:
      complete_ = true;
      return Event::end;
    default:
      return Event::need_more;
  }
}

}  // namespace balancer::http
