#include "internal/http/chunked.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "internal/http/syntax.hpp"

namespace balancer::http {
namespace {

constexpr std::size_t kMaxSizeDigits = 16;
constexpr std::size_t kMaxExtensionBytes = 1024;  // of one chunk
constexpr std::size_t kMaxTrailerBytes = 8192;
constexpr std::uint64_t kMaxChunkBytes = std::numeric_limits<std::int64_t>::max();

std::uint64_t HexValue(char c) {
  return static_cast<std::uint64_t>(Is(c, kDigitChar) ? c - '0' : ToLower(c) - 'a' + 10);
}

}  // namespace

ChunkedDecoder::Event ChunkedDecoder::Next(std::string_view& input, std::string_view& data) {
  while (state_ != State::done) {
    if (input.empty()) return Event::need_more;
    if (state_ == State::data) {
      data =
          input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size())));
      input.remove_prefix(data.size());
      left_ -= data.size();
      body_bytes_ += data.size();
      if (left_ == 0) state_ = State::data_cr;
      return Event::data;
    }
    if (!Take(input.front())) return Event::error;
    input.remove_prefix(1);
  }
  return Event::end;
}

bool ChunkedDecoder::Take(char c) {
  switch (state_) {
    case State::size_first_digit:
      if (!Is(c, kHexChar)) return false;
      left_ = HexValue(c);
      line_bytes_ = 1;
      state_ = State::size;
      return true;
    case State::size:
      if (Is(c, kHexChar)) {
        left_ = left_ * 16 + HexValue(c);  // kMaxSizeDigits keep it in 64 bits
        return ++line_bytes_ <= kMaxSizeDigits && left_ <= kMaxChunkBytes;
      }
      line_bytes_ = 0;
      state_ = c == '\r' ? State::size_lf : State::extension;
      return c == '\r' || c == ';';
    case State::extension:
      if (c == '\r') {
        state_ = State::size_lf;
        return true;
      }
      return Is(c, kTextChar) && ++line_bytes_ <= kMaxExtensionBytes;
    case State::size_lf:
      line_bytes_ = 0;
      state_ = left_ == 0 ? State::trailer_line_start : State::data;
      return c == '\n';
    case State::data_cr:
      state_ = State::data_lf;
      return c == '\r';
    case State::data_lf:
      state_ = State::size_first_digit;
      return c == '\n';
    case State::trailer_line_start:
      if (c == '\r') {
        state_ = State::end_lf;
        return true;
      }
      state_ = State::trailer_name;
      return Is(c, kTokenChar) && ++line_bytes_ <= kMaxTrailerBytes;
    case State::trailer_name:
      if (c == ':') state_ = State::trailer_value;
      return (c == ':' || Is(c, kTokenChar)) && ++line_bytes_ <= kMaxTrailerBytes;
    case State::trailer_value:
      if (c == '\r') {
        state_ = State::trailer_lf;
        return true;
      }
      return Is(c, kTextChar) && ++line_bytes_ <= kMaxTrailerBytes;
    case State::trailer_lf:
      state_ = State::trailer_line_start;
      return c == '\n';
    case State::end_lf:
      state_ = State::done;
      return c == '\n';
    case State::data:
    case State::done:
      break;
  }
  return false;
}

void AppendChunk(Buffer& out, std::string_view data) {
  if (data.empty()) return;
  AppendChunkSize(out, data.size());
  out.Append(data).Append(kChunkEnd);
}

void AppendChunkSize(Buffer& out, std::size_t size) {
  char digits[kMaxSizeDigits];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), size, 16);
  out.Append({digits, end}).Append("\r\n");
}

}  // namespace balancer::http
