#include <catch2/catch.hpp>

#include "tests/conformance/case_file.hpp"
#include "tests/conformance/notation.hpp"

// The suite's own tools: cases that overlook a byte would let anything pass.

using namespace balancer::conformance;
using Status = Matcher::Result::Status;

namespace {

std::string Sent(std::string_view line) {
  return ReadLine(line, Place::client_sends).Bytes();
}

Status Judged(std::string_view line, std::string_view bytes) {
  return Matcher().Match(ReadLine(line, Place::client_sees), bytes).status;
}

// How far into the bytes the pattern holds.
std::size_t Right(std::string_view line, std::string_view bytes) {
  return Matcher().Match(ReadLine(line, Place::client_sees), bytes).bytes;
}

const std::string kDate = "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\n";
const std::string kId = "0123456789abcdef0123456789abcdef";
const std::string kOtherId = "ffffffffffffffff0123456789abcdef";

std::string Problem(const std::string& status, const std::string& length) {
  return "HTTP/1.1 " + status + " Bad Gateway\r\nContent-Type: application/problem+json\r\n" +
         "X-Request-ID: " + kId + "\r\n" + kDate + "Content-Length: " + length +
         "\r\n\r\n{\"type\":\"about:blank\",\"title\":\"Bad Gateway\",\"status\":502," +
         "\"detail\":\"x\"}";
}

void Read(const std::string& text) {
  ReadCaseFile("f", text, true);
}

}  // namespace

TEST_CASE("a line is its text and CRLF") {
  CHECK(Sent("") == "\r\n");
  CHECK(Sent("GET / HTTP/1.1") == "GET / HTTP/1.1\r\n");
  CHECK(Sent("no end\\") == "no end");
  CHECK(Sent("a backslash\\\\") == "a backslash\\\r\n");
  CHECK(Sent("\\r\\n\\t\\x7f\\\\\\{\\}\\") == "\r\n\t\x7f\\{}");
  CHECK(Sent("\\0\\") == std::string(1, '\0'));
  CHECK(Sent("a{bc*3}d") == "abcbcbcd\r\n");
  CHECK(Sent("{X: y\\r\\n*2}\\") == "X: y\r\nX: y\r\n");
}

TEST_CASE("a line that is not understood is an error") {
  for (const char* line : {"blank ", "tab\t", "\\q", "\\xZZ", "\\x1", "{open", "close}", "{id}",
                           "{ok}", "{nothing}", "{a*b}"}) {
    INFO(line);
    CHECK_THROWS(ReadLine(line, Place::client_sends));
  }
  CHECK_THROWS(ReadLine("{problem}", Place::client_sees));
  CHECK_THROWS(ReadLine("{problem 299}", Place::client_sees));
  CHECK_THROWS(ReadLine("{problem 400 x}", Place::client_sees));
  CHECK_THROWS(ReadLine("{ok} more", Place::client_sees));
  CHECK_THROWS(ReadLine("{forwarded}", Place::client_sees));
}

TEST_CASE("what is seen is compared byte for byte") {
  CHECK(Judged("ab", "ab\r\n") == Status::whole);
  CHECK(Judged("ab", "ab\r") == Status::more);
  CHECK(Judged("ab", "aB\r\n") == Status::mismatch);
  CHECK(Right("ab", "ab\r\nmore") == 4);
  CHECK(Right("ab", "aB\r\n") == 1);
  CHECK(Judged("{date}", kDate.substr(6)) == Status::whole);
  CHECK(Judged("{date}", "Sat, 1 Jan 2000 00:00:00 GMT\r\n") == Status::mismatch);
  CHECK(Judged("{stamps}", "X-Request-ID: " + kId + "\r\n" + kDate) == Status::whole);
  CHECK(Judged("{stamps}", "X-Request-ID: short\r\n" + kDate) == Status::mismatch);
}

TEST_CASE("a chunked body is compared by its content") {
  CHECK(Judged("{chunked abc}", "3\r\nabc\r\n0\r\n\r\n") == Status::whole);
  CHECK(Judged("{chunked abc}", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n") == Status::whole);
  CHECK(Judged("{chunked ab*2}", "4\r\nabab\r\n0\r\n\r\n") == Status::whole);
  CHECK(Judged("{chunked}", "0\r\n\r\n") == Status::whole);
  CHECK(Judged("{chunked abc}", "3\r\nabc\r\n") == Status::more);
  CHECK(Judged("{chunks abc}", "3\r\nabc\r\n") == Status::whole);
  for (const char* bytes :
       {"3\r\nabd\r\n0\r\n\r\n", "2\r\nabc\r\n0\r\n\r\n", "4\r\nabcd\r\n0\r\n\r\n", "0\r\n\r\n",
        "03\r\nabc\r\n0\r\n\r\n", "3;x\r\nabc\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",
        "3\r\nabc\r\n0\r\nX: y\r\n\r\n", "3\r\nabc\r\n00\r\n\r\n", "xyz"}) {
    INFO(bytes);
    CHECK(Judged("{chunked abc}", bytes) == Status::mismatch);
  }
}

TEST_CASE("an error of ours is compared whole, but for its detail") {
  CHECK(Judged("{problem 502}", Problem("502", "70")) == Status::whole);
  CHECK(Judged("{problem 502}", Problem("502", "71")) == Status::mismatch);
  CHECK(Judged("{problem 502}", Problem("503", "70")) == Status::mismatch);
  CHECK(Judged("{refused 502}", Problem("502", "70")) == Status::mismatch);
}

TEST_CASE("an id is one and the same throughout a case") {
  Matcher matcher;
  const auto met = [&](const char* line, const std::string& id) {
    return matcher.Match(ReadLine(line, Place::client_sees), id + "\r\n").status;
  };
  CHECK(met("{id}", kId) == Status::whole);
  CHECK(met("{id}", kOtherId) == Status::mismatch);
  CHECK(met("{id 2}", kId) == Status::mismatch);
  CHECK(met("{id 2}", kOtherId) == Status::whole);
  CHECK(met("{id 1}", kId) == Status::whole);
}

TEST_CASE("a mistake in a file is told with its line") {
  CHECK_THROWS_WITH(Read("# nothing\n"), "f.txt:1: a file without cases");
  CHECK_THROWS_WITH(Read("C> GET\n"), "f.txt:1: a line outside of any case");
  CHECK_THROWS_WITH(Read("case: a\nC> x \nC: kept\n"),
                    Catch::StartsWith("f.txt:2: white space at the end"));
  CHECK_THROWS_WITH(Read("case: a\nC>x\nC: kept\n"), "f.txt:2: no such line");
  CHECK_THROWS_WITH(Read("case: a\nC: kept open\n"), "f.txt:2: no such line");
  CHECK_THROWS_WITH(Read("case: a\nC: kept\n\ncase: a\nC: kept\n"),
                    "f.txt:4: another case has this name");
  CHECK_THROWS_WITH(Read("case: a\nC> x\n"),
                    Catch::Contains("does not say how the client's connection ends"));
  CHECK_THROWS_WITH(Read("case: a\nC: kept\nC> x\n"), Catch::Contains("goes on after its end"));
  CHECK_THROWS_WITH(Read("case: a\nC: kept\nconfig: a = b\n"),
                    Catch::Contains("goes before the first case"));
  CHECK_THROWS_WITH(Read("case: a\ninstead:\n"), "f.txt:2: instead: without evhttp:");
}

TEST_CASE("a case is its steps in the file's order") {
  const auto file = ReadCaseFile("f",
                                 "config: server.header_bytes = 2000\n"
                                 "case: first\nC> a\nC> b\n>B c\n<B d\nC< e\nC: kept\n"
                                 "# a comment parts what is sent\n"
                                 "case: second\nC> a\n\nC> b\nC: closed\nB: cut\n",
                                 true);
  CHECK(file.config.size() == 1);
  REQUIRE(file.cases.size() == 2);
  const auto& steps = file.cases[0].steps;
  REQUIRE(steps.size() == 5);
  CHECK(steps[0].pattern.Bytes() == "a\r\nb\r\n");
  CHECK(steps[1].kind == Step::Kind::backend_sees);
  CHECK(steps[4].kind == Step::Kind::kept);
  CHECK(file.cases[1].steps.size() == 4);
  CHECK(file.cases[1].line == 10);
}

TEST_CASE("where evhttp differs, its own steps are played over it, or none") {
  const std::string text =
      "case: a\nevhttp: it cannot\nC> a\nC: kept\ninstead:\nC> b\nC: closed\n"
      "case: b\nevhttp: it cannot\nC> a\nC: kept\n";
  const auto over_evhttp = ReadCaseFile("f", text, true).cases;
  CHECK(over_evhttp[0].steps[0].pattern.Bytes() == "b\r\n");
  CHECK(over_evhttp[1].steps.empty());
  const auto over_native = ReadCaseFile("f", text, false).cases;
  CHECK(over_native[0].steps[0].pattern.Bytes() == "a\r\n");
  CHECK(over_native[1].steps.size() == 2);
}
