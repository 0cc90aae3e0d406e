#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "internal/http/chunked.hpp"
#include "internal/http/message.hpp"

namespace balancer::http {

// Tells a message's body, however it is framed, from what follows it (RFC 9112 §6). Keeps no body
// bytes; one thread.
class BodyReader {
 public:
  enum class Event {
    need_more,  // all of the input is used up
    data,       // `data` is a piece of the body, a view into the input
    end,        // the body is over; what is left of the input belongs to the next message
    malformed,  // not the chunked coding
    too_large,  // over the limit
  };

  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  // Begins a body; the reader of a body that is until_close ends by no bytes. `limit`: of a chunked
  // body's bytes, framing apart.
  void Start(const Framing& framing, std::uint64_t limit = kNoLimit);

  // Reads from the front of `input` until something is to be told, and moves it past what was read.
  // Call again with the rest until need_more, end or an error.
  Event Next(std::string_view& input, std::string_view& data);

  // Whether all of the body has been told. A chunked one is complete with its end, any other with
  // its last byte: then nothing is left to be read, and `end` need not be waited for.
  bool complete() const { return complete_; }

 private:
  Event NextChunked(std::string_view& input, std::string_view& data);

  bool complete_ = true;
  bool chunked_ = false;
  std::uint64_t left_ = 0;   // of a body measured by length
  std::uint64_t limit_ = 0;  // of a chunked one
  ChunkedDecoder chunks_;
};

}  // namespace balancer::http
