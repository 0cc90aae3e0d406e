#include "tests/conformance/notation.hpp"

#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace balancer::conformance {
namespace {

using Kind = Piece::Kind;

[[noreturn]] void Wrong(const std::string& what) {
  throw std::runtime_error(what);
}

std::optional<int> Number(std::string_view text, int base = 10) {
  int number = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

// The byte that a backslash at the front of `text` stands for, taken off it.
char TakeEscape(std::string_view& text) {
  const char letter = text.size() < 2 ? '\0' : text[1];
  if (letter == 'x' && text.size() >= 4) {
    const auto byte = Number(text.substr(2, 2), 16);
    if (!byte) Wrong("\\x needs two hexadecimal digits");
    text.remove_prefix(4);
    return static_cast<char>(*byte);
  }
  text.remove_prefix(std::min<std::size_t>(text.size(), 2));
  switch (letter) {
    case 'r':
      return '\r';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '0':
      return '\0';
    case '\\':
    case '{':
    case '}':
      return letter;
    default:
      Wrong("no such escape");
  }
}

std::string Unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() == '\\') {
      out += TakeEscape(text);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string_view Reason(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 505:
      return "HTTP Version Not Supported";
    default:
      Wrong("no phrase is known for this status");
  }
}

// Puts a pattern together: text and pieces in turn.
class Phrase {
 public:
  Phrase& Text(std::string_view text) {
    pattern_.Add({Kind::literal, std::string(text)});
    return *this;
  }
  Phrase& Id(int number) {
    pattern_.Add({Kind::id, "", number});
    return *this;
  }
  Phrase& Stamps(int number) {
    Text("X-Request-ID: ").Id(number).Text("\r\nDate: ");
    pattern_.Add({Kind::date, ""});
    return Text("\r\n");
  }
  Phrase& ProblemBody(int status) {
    const std::string start = R"({"type":"about:blank","title":")" + std::string(Reason(status)) +
                              R"(","status":)" + std::to_string(status) + R"(,"detail":")";
    Text("Content-Length: ");
    pattern_.Add({Kind::problem_body, start, status});
    return *this;
  }
  Pattern Done() { return std::move(pattern_); }

 private:
  Pattern pattern_;
};

Pattern Ok(Place place, int number) {
  Phrase phrase;
  phrase.Text("HTTP/1.1 200 OK\r\n");
  if (place == Place::client_sees) phrase.Stamps(number);
  return phrase.Text("Content-Length: 2\r\n\r\nok").Done();
}

Pattern Forwarded(int number) {
  return Phrase()
      .Text("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n")
      .Text("X-Request-ID: ")
      .Id(number)
      .Text("\r\n")
      .Done();
}

Pattern Problem(int status, int number, bool closing) {
  return Phrase()
      .Text("HTTP/1.1 " + std::to_string(status) + " ")
      .Text(Reason(status))
      .Text("\r\nContent-Type: application/problem+json\r\n")
      .Stamps(number)
      .Text(closing ? "Connection: close\r\n" : "")
      .ProblemBody(status)
      .Done();
}

// What stands between braces. A phrase that is whole lines brings its line ends with it.
struct Braced {
  Pattern pattern;
  bool whole_lines = false;
};

// "text*9" with its escapes undone; without a number once.
std::string Repeated(std::string_view text) {
  const auto star = text.rfind('*');
  const auto times = star != std::string_view::npos ? Number(text.substr(star + 1)) : std::nullopt;
  if (!times) return Unescaped(text);
  const std::string once = Unescaped(text.substr(0, star));
  std::string out;
  for (int i = 0; i < *times; ++i) out += once;
  return out;
}

Braced ReadBraced(std::string_view inside, Place place) {
  const auto blank = std::min(inside.find(' '), inside.size());
  const std::string_view word = inside.substr(0, blank);
  std::string_view rest = inside.substr(std::min(blank + 1, inside.size()));
  const bool to_client = place == Place::client_sees;
  const bool seen = to_client || place == Place::backend_sees;
  if (seen && (word == "chunked" || word == "chunks")) {
    Pattern pattern;
    pattern.Add({word == "chunked" ? Kind::chunked : Kind::chunks, Repeated(rest)});
    return {pattern, true};
  }

  if (const auto star = inside.rfind('*');
      star != std::string_view::npos && Number(inside.substr(star + 1))) {
    return {Phrase().Text(Repeated(inside)).Done()};
  }

  std::optional<int> status;
  if (to_client && (word == "problem" || word == "refused" || word == "problem-body")) {
    status = Number(rest.substr(0, 3));
    if (!status) Wrong("an error needs its status");
    rest.remove_prefix(std::min<std::size_t>(rest.size(), 4));
  }
  if (status && word == "problem-body") {
    return {Phrase().ProblemBody(*status).Done(), true};
  }
  const auto number = rest.empty() ? 1 : Number(rest);
  if (!number) Wrong("a number belongs behind the word");
  if (status) return {Problem(*status, *number, word == "refused"), true};
  if (word == "ok" && (to_client || place == Place::backend_sends)) {
    return {Ok(place, *number), true};
  }
  if (to_client && word == "stamps") return {Phrase().Stamps(*number).Done(), true};
  if (place == Place::backend_sees && word == "forwarded") return {Forwarded(*number), true};
  if (seen && word == "id") return {Phrase().Id(*number).Done()};
  if (seen && (inside == "date" || inside == "number" || inside == "backend")) {
    Pattern pattern;
    pattern.Add({inside == "date"     ? Kind::date
                 : inside == "number" ? Kind::number
                                      : Kind::backend,
                 ""});
    return {pattern};
  }
  Wrong("{" + std::string(inside) + "} means nothing here");
}

std::size_t ClosingBrace(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '}') {
      return i;
    }
  }
  Wrong("a brace is not closed");
}

}  // namespace

Pattern ReadLine(std::string_view text, Place place) {
  if (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    Wrong("white space at the end of a line: write \\x20 or \\t");
  }
  Pattern pattern;
  std::string literal;
  bool line_end = true;
  while (!text.empty()) {
    if (text == "\\") {
      line_end = false;
      break;
    }
    if (text.front() == '\\') {
      literal += TakeEscape(text);
    } else if (text.front() == '{') {
      const std::size_t end = ClosingBrace(text);
      Braced braced = ReadBraced(text.substr(1, end - 1), place);
      text.remove_prefix(end + 1);
      if (braced.whole_lines) {
        if (!text.empty()) Wrong("nothing may follow this phrase on its line");
        line_end = false;
      }
      pattern.Add({Kind::literal, std::exchange(literal, "")});
      pattern.Add(braced.pattern);
    } else if (text.front() == '}') {
      Wrong("a brace closes nothing");
    } else {
      literal += text.front();
      text.remove_prefix(1);
    }
  }
  pattern.Add({Kind::literal, literal + (line_end ? "\r\n" : "")});
  return pattern;
}

}  // namespace balancer::conformance
