#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/http/buffer.hpp"
#include "internal/model/error.hpp"

namespace balancer::http {

// Takes the chunked coding (RFC 9112 §7.1) off a body that arrives in pieces. Strict: a size is
// 1*HEXDIG without sign, prefix or blank, lines end in CRLF. Extensions and trailer fields are
// read, bounded, checked for controls and dropped; a trailer line is a name, a colon and a value,
// never the next request's beginning. Keeps no body bytes; one thread.
class ChunkedDecoder {
 public:
  enum class Event {
    need_more,  // all of the input is used up
    data,       // `data` is a piece of the body, a view into the input
    end,        // the body is over; what is left of the input belongs to the next message
    error,      // not the chunked coding; the decoder must not be used any further
  };

  // Begins a new body.
  void Reset() { *this = ChunkedDecoder(); }

  // Reads from the front of `input` until something is to be told, and moves it past what was read.
  // Call again with the rest until need_more, end or error.
  Event Next(std::string_view& input, std::string_view& data);

  // Body bytes told so far.
  std::uint64_t body_bytes() const { return body_bytes_; }
  // Whether the body is longer than `limit` bytes, as far as is known: what has been told, and what
  // the size of the chunk being read announces, once that has been read whole.
  bool Exceeds(std::uint64_t limit) const {
    return body_bytes_ > limit || (state_ != State::size && left_ > limit - body_bytes_);
  }

 private:
  enum class State : std::uint8_t {
    size_first_digit,
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_line_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done,
  };

  // Takes one byte of the framing; false when it does not belong there.
  bool Take(char c);

  State state_ = State::size_first_digit;
  std::uint64_t left_ = 0;  // of the current chunk, or its size while being read
  std::uint64_t body_bytes_ = 0;
  std::size_t line_bytes_ = 0;  // of the current size or extension, or of all trailers: bounded
};

// Appends one chunk, framed. An empty `data` appends nothing: it would end the body.
void AppendChunk(Buffer& out, std::string_view data);

// The same in parts, for data that is written by itself: its size, and what follows it.
// REQUIRES: size > 0.
void AppendChunkSize(Buffer& out, std::size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";

// Ends a chunked body, without trailers.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace balancer::http
