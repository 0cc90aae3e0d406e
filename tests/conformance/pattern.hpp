#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace balancer::conformance {

// A part of what a side sends or must see.
struct Piece {
  enum class Kind {
    literal,       // `text`, byte for byte
    id,            // an X-Request-ID made by the balancer; `number` tells several in a case apart
    date,          // an IMF-fixdate (RFC 9110 §5.6.7)
    number,        // decimal digits
    backend,       // the backend's address and port
    chunked,       // `text` in chunks of any sizes, and the end of the body, without trailers
    chunks,        // `text` in chunks of any sizes, and nothing more
    problem_body,  // from the Content-Length's value on: problem+json of status `number`, any
                   // detail
  };
  Kind kind = Kind::literal;
  std::string text;
  int number = 1;
};

// Bytes with places for what is not the same in every run.
class Pattern {
 public:
  void Add(Piece piece);
  void Add(const Pattern& more);

  const std::vector<Piece>& pieces() const { return pieces_; }
  bool empty() const { return pieces_.empty(); }
  bool literal() const;
  // The bytes of a literal pattern.
  std::string Bytes() const;
  // For people: escaped, a line of its own for each line.
  std::string Text() const;

 private:
  std::vector<Piece> pieces_;  // neighbouring literals are one piece
};

// Compares bytes with patterns, and keeps the ids it has met: one and the same number is one and
// the same id, another number another id. One for each case.
class Matcher {
 public:
  // `backend`: its address and port.
  explicit Matcher(std::string backend = "") : backend_(std::move(backend)) {}

  struct Result {
    enum class Status { whole, more, mismatch };
    Status status = Status::more;
    std::size_t bytes = 0;  // whole: how many the pattern took; mismatch: how many were right
  };

  // Compares the front of `bytes`; `more`: right as far as they go.
  Result Match(const Pattern& pattern, std::string_view bytes);
  void ForgetIds() { ids_.clear(); }

 private:
  bool KnowId(int number, std::string_view id);

  const std::string backend_;
  std::map<int, std::string> ids_;
};

// Bytes made readable: \r \n \0 \\ \xNN, and a line break after each \n.
std::string Escaped(std::string_view bytes);

}  // namespace balancer::conformance
