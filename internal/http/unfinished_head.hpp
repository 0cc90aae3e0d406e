#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "internal/http/parser.hpp"

namespace balancer::http {

// When to parse a head that may come in any number of pieces: at once, since it usually comes in
// one; then at its end, and whenever the last of its bytes ends a line, so that someone whose line
// ends are wrong is not left waiting; before that only at doubling sizes, so that nonsense is found
// early and a head sent byte by byte is not read anew for each. Ask, parse if told to, and wait for
// more bytes after "not due" and "incomplete" alike. One thread.
class UnfinishedHead {
 public:
  // Forgets the bytes so far: the next ones begin another head.
  void Reset() { *this = UnfinishedHead(); }

  // Whether to parse `bytes`: the head from its beginning, all that were there at the last call and
  // more, at least one. With limits.head_bytes or more of them it always is, and the parse cannot
  // be incomplete.
  bool ParseDue(std::string_view bytes, const HeadLimits& limits) {
    const bool due = bytes.size() >= judge_at_ || bytes.back() == '\n' ||
                     FindHeadEnd(bytes, looked_at_) != std::string_view::npos;
    if (due) judge_at_ = std::min(2 * bytes.size(), limits.head_bytes);
    looked_at_ = bytes.size();
    return due;
  }

 private:
  std::size_t looked_at_ = 0;  // bytes known to hold no head's end
  std::size_t judge_at_ = 0;   // bytes at which a parse is due without one
};

}  // namespace balancer::http
