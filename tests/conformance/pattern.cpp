#include "tests/conformance/pattern.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

namespace balancer::conformance {
namespace {

using Status = Matcher::Result::Status;

constexpr std::size_t kIdLength = 32;
// A letter stands for a letter, a nought for a digit.
constexpr std::string_view kDateShape = "aaa, 00 aaa 0000 00:00:00 GMT";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLowerHex(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f');
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool FitsDate(char c, char shape) {
  return shape == 'a' ? IsLetter(c) : shape == '0' ? IsDigit(c) : c == shape;
}

// Reads bytes from their front. After a failed step status() says whether it was for lack of bytes.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t at() const { return at_; }
  Status status() const { return status_; }
  char Next() const { return bytes_[at_]; }

  bool Fail() {
    status_ = Status::mismatch;
    return false;
  }

  bool Has() {
    if (at_ < bytes_.size()) return true;
    status_ = Status::more;
    return false;
  }

  bool Literal(std::string_view text) {
    for (const char c : text) {
      if (!Has()) return false;
      if (bytes_[at_] != c) return Fail();
      ++at_;
    }
    return true;
  }

  template <typename Predicate>
  std::optional<std::string_view> Take(std::size_t count, Predicate fits) {
    const std::size_t begin = at_;
    for (std::size_t i = 0; i < count; ++i, ++at_) {
      if (!Has()) return std::nullopt;
      if (!fits(bytes_[at_], i)) {
        Fail();
        return std::nullopt;
      }
    }
    return bytes_.substr(begin, count);
  }

  bool Number() {
    const std::size_t begin = at_;
    while (Has() && IsDigit(Next())) ++at_;
    if (at_ == bytes_.size()) return false;
    return at_ > begin || Fail();
  }

  // A number without leading noughts, and the line's end.
  std::optional<std::size_t> NumberLine(int base) {
    const std::size_t begin = at_;
    while (Has() && IsLowerHex(Next())) ++at_;
    const std::string_view digits = bytes_.substr(begin, at_ - begin);
    if (!Literal("\r\n")) return std::nullopt;
    std::size_t number = 0;
    const auto end = digits.data() + digits.size();
    const bool leading_nought = digits.size() > 1 && digits.front() == '0';
    if (digits.empty() || leading_nought ||
        std::from_chars(digits.data(), end, number, base).ptr != end) {
      Fail();
      return std::nullopt;
    }
    return number;
  }

  bool Chunks(std::string_view text, bool with_end) {
    while (!text.empty()) {
      const auto size = NumberLine(16);
      if (!size) return false;
      if (*size == 0 || *size > text.size()) return Fail();
      if (!Literal(text.substr(0, *size)) || !Literal("\r\n")) return false;
      text.remove_prefix(*size);
    }
    return !with_end || Literal("0\r\n\r\n");
  }

  bool ProblemBody(std::string_view start) {
    const auto length = NumberLine(10);
    if (!length || !Literal("\r\n")) return false;
    const std::size_t begin = at_;
    if (!Literal(start)) return false;
    while (Has() && Next() != '"' && Next() >= ' ') ++at_;
    if (!Literal("\"}")) return false;
    return at_ - begin == *length || Fail();
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  Status status_ = Status::more;
};

}  // namespace

void Pattern::Add(Piece piece) {
  if (piece.kind == Piece::Kind::literal) {
    if (piece.text.empty()) return;
    if (!pieces_.empty() && pieces_.back().kind == Piece::Kind::literal) {
      pieces_.back().text += piece.text;
      return;
    }
  }
  pieces_.push_back(std::move(piece));
}

void Pattern::Add(const Pattern& more) {
  for (const Piece& piece : more.pieces_) Add(piece);
}

bool Pattern::literal() const {
  return std::ranges::all_of(pieces_,
                             [](const Piece& piece) { return piece.kind == Piece::Kind::literal; });
}

std::string Pattern::Bytes() const {
  return pieces_.empty() ? "" : pieces_.front().text;
}

std::string Pattern::Text() const {
  static constexpr std::array kNames{"",        "id",      "date",   "number",
                                     "backend", "chunked", "chunks", "problem body"};
  std::string out;
  for (const Piece& piece : pieces_) {
    const bool literal = piece.kind == Piece::Kind::literal;
    if (!literal) out.append("{").append(kNames[static_cast<std::size_t>(piece.kind)]).append(" ");
    out += piece.kind == Piece::Kind::id ? std::to_string(piece.number) : Escaped(piece.text);
    if (!literal) out += '}';
  }
  return out;
}

Matcher::Result Matcher::Match(const Pattern& pattern, std::string_view bytes) {
  Reader reader(bytes);
  for (const Piece& piece : pattern.pieces()) {
    bool right = false;
    switch (piece.kind) {
      case Piece::Kind::literal:
        right = reader.Literal(piece.text);
        break;
      case Piece::Kind::id:
        if (const auto id =
                reader.Take(kIdLength, [](char c, std::size_t) { return IsLowerHex(c); })) {
          right = KnowId(piece.number, *id) || reader.Fail();
        }
        break;
      case Piece::Kind::date:
        right = reader
                    .Take(kDateShape.size(),
                          [](char c, std::size_t i) { return FitsDate(c, kDateShape[i]); })
                    .has_value();
        break;
      case Piece::Kind::number:
        right = reader.Number();
        break;
      case Piece::Kind::backend:
        right = reader.Literal(backend_);
        break;
      case Piece::Kind::chunked:
      case Piece::Kind::chunks:
        right = reader.Chunks(piece.text, piece.kind == Piece::Kind::chunked);
        break;
      case Piece::Kind::problem_body:
        right = reader.ProblemBody(piece.text);
        break;
    }
    if (!right) return {reader.status(), reader.at()};
  }
  return {Status::whole, reader.at()};
}

bool Matcher::KnowId(int number, std::string_view id) {
  for (const auto& [known, text] : ids_) {
    if ((known == number) != (text == id)) return false;
  }
  ids_.emplace(number, id);
  return true;
}

std::string Escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (c == '\r') {
      out += "\\r";
    } else if (c == '\n') {
      out += "\\n\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else if (c == '\0') {
      out += "\\0";
    } else if (c < ' ' || c > '~') {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02X", static_cast<unsigned char>(c));
      out += hex;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace balancer::conformance
