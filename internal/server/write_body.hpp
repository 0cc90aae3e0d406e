#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "internal/http/buffer.hpp"
#include "internal/http/chunked.hpp"

namespace balancer::server {

// Pieces of a body from this size on go to the kernel from where they are; smaller ones are
// gathered.
constexpr std::size_t kDirectBytes = 4096;

// Puts a piece of a body behind `out`, the bytes on their way to a socket, as a chunk where the
// body is `chunked`. Where it is large, `send(piece)` is to send `out` and then the piece,
// uncopied, and to leave `out` without what it has sent.
template <typename Send>
void WriteBody(http::Buffer& out, std::string_view piece, bool chunked, Send send) {
  if (piece.size() < kDirectBytes) {
    chunked ? http::AppendChunk(out, piece) : static_cast<void>(out.Append(piece));
    return;
  }
  if (chunked) http::AppendChunkSize(out, piece.size());
  send(piece);
  if (chunked) out.Append(http::kChunkEnd);
}

// Whether a slow reader has taken anything at all since it was last looked at, which earns it
// another timeout's time. `unacknowledged` is what was on its way to it then, and becomes what is
// `now`: the kernel's queue too, for the kernel asks for more only in lumps.
inline bool GoesOnTaking(std::size_t& unacknowledged, std::size_t now) {
  return now < std::exchange(unacknowledged, now);
}

}  // namespace balancer::server
