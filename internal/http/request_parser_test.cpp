#include <string>

#include <catch2/catch.hpp>

#include "internal/http/parser.hpp"

namespace balancer::http {
namespace {

using namespace std::string_view_literals;
using model::ErrorCode;
using Status = ParseResult::Status;

// A request read from bytes of its own.
struct Request {
  explicit Request(std::string_view text, const HeadLimits& limits = {})
      : bytes(text), result(ParseRequestHead(bytes, limits, head)) {}

  bool complete() const { return result.status == Status::complete; }

  std::string bytes;
  RequestHead head;
  ParseResult result;
};

// "complete", "incomplete", or the error's name as far as these tests know it.
std::string Outcome(std::string_view text, const HeadLimits& limits = {}) {
  const Request request(text, limits);
  if (request.complete()) return "complete";
  if (request.result.status == Status::incomplete) return "incomplete";
  CHECK_FALSE(request.result.error.detail.empty());
  switch (request.result.error.code) {
    case ErrorCode::malformed_request:
      return "malformed";
    case ErrorCode::uri_too_long:
      return "uri too long";
    case ErrorCode::head_too_large:
      return "head too large";
    case ErrorCode::unknown_version:
      return "unknown version";
    case ErrorCode::unknown_coding:
      return "unknown coding";
    case ErrorCode::expectation_failed:
      return "expectation failed";
    default:
      return "another error";
  }
}

// A request with these header lines behind its Host.
std::string WithFields(std::string_view lines, std::string_view version = "HTTP/1.1") {
  return "POST / " + std::string(version) + "\r\nHost: a\r\n" + std::string(lines) + "\r\n";
}

std::string WithTarget(std::string_view target, std::string_view method = "GET") {
  return std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: a.b\r\n\r\n";
}

std::string WithHost(std::string_view host) {
  return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
}

std::string WithLine(std::string_view line) {
  return std::string(line) + "\r\nHost: a\r\n\r\n";
}

constexpr std::string_view kBrowser =
    "GET /app.js?v=1&w=%20 HTTP/1.1\r\nHost: www.example.com:8080\r\nConnection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\"\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "Accept: text/html,*/*;q=0.8\r\nAccept-Language:en\r\nX-Empty:\r\nX-Blank: \t \r\n"
    "X-Tab: \ta\tb \r\nCookie: a=b; c=d\r\n\r\n";

TEST_CASE("A browser's request is read") {
  const Request request(kBrowser);
  REQUIRE(request.complete());
  CHECK(request.result.head_bytes == kBrowser.size());
  const RequestHead& head = request.head;
  CHECK(head.method == "GET");
  CHECK(head.target == "/app.js?v=1&w=%20");
  CHECK(head.path() == "/app.js");
  CHECK(head.query() == "v=1&w=%20");
  CHECK(head.host == "www.example.com:8080");
  CHECK(head.minor_version == 1);
  CHECK(head.framing.kind == Framing::Kind::none);
  CHECK(head.keep_alive);
  CHECK_FALSE(head.expects_continue);
  REQUIRE(head.fields.size() == 10);
  CHECK(head.fields[0].id == FieldId::host);
  CHECK(head.fields[1].hop_by_hop);
  CHECK(head.fields[2].name == "sec-ch-ua");
  CHECK(head.fields[2].value == "\"Chromium\";v=\"124\"");
  CHECK(head.fields[5].value == "en");
  CHECK(head.fields[6].value.empty());
  CHECK(head.fields[7].value.empty());
  CHECK(head.fields[8].value == "a\tb");
  CHECK(head.fields[9].value == "a=b; c=d");
}

TEST_CASE("A head that comes byte by byte is incomplete until its last") {
  for (const std::string_view whole :
       {kBrowser, "\r\n\r\nGET http://a/x HTTP/1.0\r\nHost: a\r\n\r\n"sv,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"sv}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(whole.substr(0, size));
      CHECK(Outcome(whole.substr(0, size)) == "incomplete");
      CHECK(FindHeadEnd(whole.substr(0, size), size == 0 ? 0 : size - 1) == std::string_view::npos);
    }
    CHECK(Outcome(whole) == "complete");
    CHECK(FindHeadEnd(whole, whole.size() - 1) == whole.size());
  }
}

TEST_CASE("What follows the head is the body's") {
  const Request request(WithFields("Content-Length: 5\r\n") + "12345GET / HTTP/1.1\r\n");
  REQUIRE(request.complete());
  CHECK(request.bytes.substr(request.result.head_bytes) == "12345GET / HTTP/1.1\r\n");
}

TEST_CASE("A head can be read into a used one") {
  RequestHead head;
  const std::string first = WithFields("Content-Length: 5\r\nExpect: 100-continue\r\n", "HTTP/1.1");
  REQUIRE(ParseRequestHead(first, {}, head).status == Status::complete);
  REQUIRE(head.expects_continue);
  const Field* const memory = head.fields.data();
  REQUIRE(ParseRequestHead("GET /x HTTP/1.0\r\n\r\n", {}, head).status == Status::complete);
  CHECK(head.fields.empty());
  CHECK(head.fields.data() == memory);
  CHECK(head.host.empty());
  CHECK(head.framing.kind == Framing::Kind::none);
  CHECK_FALSE(head.expects_continue);
  CHECK_FALSE(head.keep_alive);
}

TEST_CASE("The end of a head is found past empty lines before it") {
  CHECK(FindHeadEnd("", 0) == std::string_view::npos);
  CHECK(FindHeadEnd("\r\n\r\n", 0) == std::string_view::npos);
  CHECK(FindHeadEnd("\r\n\r\nGET /\r\n\r\nrest", 0) == 13);
  CHECK(FindHeadEnd("a\r\n\r\n\r\n\r\n", 0) == 5);
  CHECK(FindHeadEnd("a\n\nb\n\n", 0) == std::string_view::npos);
  CHECK(FindHeadEnd("a\r\n\n", 0) == std::string_view::npos);
  CHECK(FindHeadEnd("abcdef\r\n\r\n", 7) == 10);
  CHECK(FindHeadEnd("abcdef\r\n\r\n", 9) == 10);
}

TEST_CASE("The method is a token") {
  CHECK(Outcome(WithLine("PROPFIND / HTTP/1.1")) == "complete");
  CHECK(Outcome(WithLine("!#$%&'*+-.^_`|~0Az / HTTP/1.1")) == "complete");
  for (const auto line : {" / HTTP/1.1"sv, "G(T / HTTP/1.1"sv, "GET\t/ HTTP/1.1"sv,
                          " GET / HTTP/1.1"sv, "G\0T / HTTP/1.1"sv, "\x16\x03\x01"sv, "\xC3 / "sv,
                          "GET:/ HTTP/1.1"sv, "\nGET / HTTP/1.1"sv, "\rGET / HTTP/1.1"sv}) {
    CAPTURE(line);
    CHECK(Outcome(WithLine(line)) == "malformed");
  }
}

TEST_CASE("A request line is three words with one blank between") {
  for (const auto line : {"GET"sv, "GET /"sv, "GET / "sv, "GET  / HTTP/1.1"sv, "GET /  HTTP/1.1"sv,
                          "GET / HTTP/1.1 "sv, "GET /\tHTTP/1.1"sv, "GET / x HTTP/1.1"sv}) {
    CAPTURE(line);
    CHECK(Outcome(WithLine(line)) == "malformed");
  }
}

TEST_CASE("The version is exactly HTTP and two digits") {
  CHECK(Request(WithLine("GET / HTTP/1.0")).head.minor_version == 0);
  CHECK(Request(WithLine("GET / HTTP/1.1")).head.minor_version == 1);
  CHECK(Request(WithLine("GET / HTTP/1.2")).head.minor_version == 1);
  CHECK(Outcome(WithLine("GET / HTTP/1.9")) == "complete");
  for (const auto version :
       {"http/1.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP1.1",
        "HTTP/1.1a", "HTTP/1,1", "HTTP/a.1", "HTTP/+1.1", "HTTPS/1.1", "ICE/1.0", "HTTP/1.\xB9"}) {
    CAPTURE(version);
    CHECK(Outcome(WithLine("GET / " + std::string(version))) == "malformed");
  }
  for (const auto version : {"HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"}) {
    CAPTURE(version);
    CHECK(Outcome(WithLine("GET / " + std::string(version))) == "unknown version");
  }
  CHECK(Outcome("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "unknown version");
}

TEST_CASE("A target's bytes are visible, and pass as they are") {
  for (const auto target : {"/"sv, "//x"sv, "/a%2Fb"sv, "/..;/x"sv, "/\xC3\xBC"sv, "/?"sv,
                            "/a?b?c"sv, "/\"<>\\^`{|}"sv, "/a:b@c"sv}) {
    const Request request(WithTarget(target));
    CAPTURE(target);
    REQUIRE(request.complete());
    CHECK(request.head.target == target);
  }
  for (int c = 0; c <= 0xFF; ++c) {
    for (const std::size_t before : {0, 3, 7, 8, 13}) {
      const std::string target =
          "/" + std::string(before, 'x') + static_cast<char>(c) + std::string(9, 'y');
      CAPTURE(c, before);
      const bool passes = c > 0x20 && c != 0x7F && c != '#';
      CHECK(Outcome(WithTarget(target)) == (passes ? "complete" : "malformed"));
    }
  }
}

TEST_CASE("A target begins with a slash or names its scheme") {
  for (const auto target : {"x", "?x", "a/b", "ftp://a.b/", "http:/a.b/", "http:a.b", "://a.b/",
                            "*", "**", "*/", "a.b:80", "httpx://a.b/", "mailto:a@b"}) {
    CAPTURE(target);
    CHECK(Outcome(WithTarget(target)) == "malformed");
  }
}

TEST_CASE("The asterisk is for OPTIONS") {
  const Request request(WithTarget("*", "OPTIONS"));
  REQUIRE(request.complete());
  CHECK(request.head.target == "*");
  CHECK(Outcome(WithTarget("*", "options")) == "malformed");
  CHECK(Outcome(WithTarget("*", "GET")) == "malformed");
}

TEST_CASE("CONNECT has a host and a port") {
  const Request request(WithTarget("a.b:443", "CONNECT"));
  REQUIRE(request.complete());
  CHECK(request.head.target == "a.b:443");
  CHECK(Outcome(WithTarget("[::1]:443", "CONNECT")) == "complete");
  for (const auto target : {"/", "a.b", "a.b:", ":443", "http://a.b:443", "u@a.b:443", "*"}) {
    CAPTURE(target);
    CHECK(Outcome(WithTarget(target, "CONNECT")) == "malformed");
  }
}

TEST_CASE("An absolute-form target is cut to its origin-form") {
  const auto cut = [](std::string_view target, std::string_view method = "GET") {
    const Request request(WithTarget(target, method));
    CAPTURE(target);
    REQUIRE(request.complete());
    return std::string(request.head.target);
  };
  CHECK(cut("http://a.b/x?y") == "/x?y");
  CHECK(cut("http://a.b") == "/");
  CHECK(cut("http://a.b?x") == "?x");
  CHECK(cut("HTTP://A.B/path") == "/path");
  CHECK(cut("https://a.b/x") == "/x");
  CHECK(cut("http://a.b:80/x") == "/x");
  CHECK(cut("https://a.b:443/x") == "/x");
  CHECK(cut("http://a.b//x") == "//x");
  CHECK(cut("http://a.b/http://c/") == "/http://c/");
  CHECK(cut("http://a.b", "OPTIONS") == "*");
  CHECK(cut("http://a.b/", "OPTIONS") == "/");
  CHECK(cut("http://a.b?x", "OPTIONS") == "?x");
}

TEST_CASE("An absolute-form target's authority is the one asked for") {
  const Request request("GET http://A.B:80/ HTTP/1.1\r\nHost: a.b\r\n\r\n");
  REQUIRE(request.complete());
  CHECK(request.head.host == "A.B:80");
  CHECK(Request("GET http://a/ HTTP/1.0\r\n\r\n").head.host == "a");
  CHECK(Outcome("GET http://a/ HTTP/1.1\r\n\r\n") == "malformed");
  for (const auto target : {"http://c.d/", "http://a.b:81/", "https://a.b:80/", "http://u@a.b/",
                            "http://u:p@a.b/", "http://", "http:///x", "http://?x", "http://:80/",
                            "http://a.b:x/", "http://a.b,c/", "http://a.b\\@c/", "http://a.b./"}) {
    CAPTURE(target);
    CHECK(Outcome(WithTarget(target)) == "malformed");
  }
}

TEST_CASE("Host is a host and a port") {
  for (const auto host :
       {"a", "A.b-c_d.example", "127.0.0.1", "a:80", "a:", "a:0", "a:65535", "[::1]", "[::1]:8080",
        "[::ffff:1.2.3.4]", "xn--bcher-kva.example", "a%20b", "a!$&'()*+;=~"}) {
    CAPTURE(host);
    const Request request(WithHost(host));
    CHECK(request.complete());
    CHECK(request.head.host == host);
  }
  for (const auto host : {"",
                          " ",
                          "a b",
                          "a,b",
                          "a, b",
                          "u@a",
                          "u:p@a",
                          "a/b",
                          "a?b",
                          "a#b",
                          "a\\b",
                          "a:b",
                          "a:80:80",
                          "a:65536",
                          "a:99999999999999999999",
                          "a:+80",
                          "a:-1",
                          ":80",
                          ":",
                          "[",
                          "[]",
                          "[::1",
                          "::1",
                          "[::1]x",
                          "[::1]:x",
                          "[1.2.3.4]",
                          "[::g]",
                          "[fe80::1%25eth0]",
                          "[::1]]",
                          "a%2",
                          "a%zz",
                          "http://a",
                          "a\tb",
                          "\xC3\xBC",
                          "a\"",
                          "<a>",
                          "a|b",
                          "a^"}) {
    CAPTURE(host);
    CHECK(Outcome(WithHost(host)) == "malformed");
  }
}

TEST_CASE("There is one Host") {
  CHECK(Outcome("GET / HTTP/1.1\r\n\r\n") == "malformed");
  CHECK(Outcome("GET / HTTP/1.1\r\nX-Host: a\r\n\r\n") == "malformed");
  CHECK(Outcome("GET / HTTP/1.0\r\n\r\n") == "complete");
  CHECK(Outcome(WithFields("Host: a\r\n")) == "malformed");
  CHECK(Outcome(WithFields("hOST: b\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Host: a\r\n", "HTTP/1.0")) == "malformed");
  CHECK(Outcome("GET / HTTP/1.0\r\nHost: a b\r\n\r\n") == "malformed");
}

TEST_CASE("A field line is a name, a colon and a value") {
  for (const auto lines :
       {": x\r\n"sv, "X\r\n"sv, "X \r\n"sv, "X : y\r\n"sv, "X\t: y\r\n"sv, " X: y\r\n"sv,
        "\tX: y\r\n"sv, "X: y\r\n z\r\n"sv, "X: y\r\n\tz\r\n"sv, "X: y\r\n \r\n"sv, "X(: y\r\n"sv,
        "X\x80: y\r\n"sv, "X\0: y\r\n"sv, "X Y: z\r\n"sv, "\"X\": y\r\n"sv, "X;Y: z\r\n"sv,
        "\0: y\r\n"sv, "X@: y\r\n"sv}) {
    CAPTURE(lines);
    CHECK(Outcome(WithFields(lines)) == "malformed");
  }
  CHECK(Outcome("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == "malformed");
}

TEST_CASE("A field value has no controls but HTAB") {
  for (int c = 0; c <= 0xFF; ++c) {
    for (const std::size_t before : {0, 1, 5, 7, 8, 12}) {
      for (const std::size_t after : {1, 20}) {
        const std::string line = "X: " + std::string(before, 'x') + static_cast<char>(c) +
                                 std::string(after, 'y') + "\r\n";
        CAPTURE(c, before, after);
        const bool passes = c == '\t' || (c >= 0x20 && c != 0x7F);
        CHECK(Outcome(WithFields(line)) == (passes ? "complete" : "malformed"));
      }
    }
  }
}

TEST_CASE("Lines end in CRLF and nothing else") {
  for (const auto bytes :
       {"GET / HTTP/1.1\nHost: a\n\n"sv, "GET / HTTP/1.1\r\nHost: a\n\r\n"sv,
        "GET / HTTP/1.1\r\nHost: a\r\n\n"sv, "GET / HTTP/1.1\rHost: a\r\r"sv,
        "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"sv, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"sv,
        "GET / HTTP/1.1\r\nHost: a\r\n\r"
        "x"sv,
        "\nGET / HTTP/1.1\r\n"sv, "\r\rGET / HTTP/1.1\r\n"sv,
        "GET / HTTP/1.1\r\nHost: a\nTransfer-Encoding: chunked\r\n\r\n"sv}) {
    CAPTURE(bytes);
    CHECK(Outcome(bytes) == "malformed");
  }
}

TEST_CASE("What cannot become a head is refused before it has ended") {
  CHECK(Outcome("GET / HTTP/1.1\n") == "malformed");
  CHECK(Outcome("G\0"sv) == "malformed");
  CHECK(Outcome("GET /\x01") == "malformed");
  CHECK(Outcome("GET / FTP") == "malformed");
  CHECK(Outcome("GET / HTTP/2.0\r\n") == "unknown version");
  CHECK(Outcome("GET x HTTP/1.1\r\n") == "malformed");
  CHECK(Outcome("GET / HTTP/1.1\r\nX: a\x01") == "malformed");
  CHECK(Outcome("GET / HTTP/1.1\r\nX :") == "malformed");
}

TEST_CASE("A Content-Length is one decimal number") {
  const auto length = [](std::string_view value) {
    const Request request(WithFields("Content-Length: " + std::string(value) + "\r\n"));
    REQUIRE(request.complete());
    REQUIRE(request.head.framing.kind == Framing::Kind::length);
    return request.head.framing.length;
  };
  CHECK(length("0") == 0);
  CHECK(length("5") == 5);
  CHECK(length("  5\t ") == 5);
  CHECK(length("007") == 7);
  CHECK(length("9223372036854775807") == 9223372036854775807u);
  for (const auto value : {"",
                           "+5",
                           "-1",
                           "0x5",
                           "5a",
                           "5 5",
                           "1, 1",
                           "1,1",
                           "5,",
                           ",5",
                           "5;",
                           "\"5\"",
                           "5.0",
                           "1e1",
                           "9223372036854775808",
                           "18446744073709551616",
                           "18446744073709551621",
                           "99999999999999999999",
                           "100000000000000000000000000000005",
                           "\xB2",
                           "5\t6"}) {
    CAPTURE(value);
    CHECK(Outcome(WithFields("Content-Length: " + std::string(value) + "\r\n")) == "malformed");
  }
  CHECK(Outcome(WithFields("Content-Length: \v5\r\n")) == "malformed");
}

TEST_CASE("There is one Content-Length") {
  CHECK(Outcome(WithFields("Content-Length: 1\r\nContent-Length: 2\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Content-Length: 1\r\ncontent-length: 1\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Content-Length: 1\r\ncontent-length: 1\r\n", "HTTP/1.0")) ==
        "malformed");
}

TEST_CASE("The one transfer coding is chunked") {
  for (const auto value : {"chunked", "Chunked", "CHUNKED", " chunked\t"}) {
    CAPTURE(value);
    const Request request(WithFields("Transfer-Encoding:" + std::string(value) + "\r\n"));
    REQUIRE(request.complete());
    CHECK(request.head.framing.kind == Framing::Kind::chunked);
    CHECK(request.head.fields[1].hop_by_hop);
  }
  for (const auto value : {"xchunked", "chunkedx", "gzip", "identity", "gzip, chunked",
                           "gzip;q=1, chunked", "gzip, deflate", "chunke", "x, y;z"}) {
    CAPTURE(value);
    CHECK(Outcome(WithFields("Transfer-Encoding: " + std::string(value) + "\r\n")) ==
          "unknown coding");
  }
  for (const auto value :
       {"", "chunked, chunked", "chunked;q=1", "chunked ; x", "chunked, gzip", "chunked, identity",
        ", chunked", "chunked,", "gzip,,chunked", "\"chunked\"", "chun ked", "chunked gzip", "(x)",
        ";", "chunked;", "gzip, chunked, chunked", "chunked\xA0"}) {
    CAPTURE(value);
    CHECK(Outcome(WithFields("Transfer-Encoding: " + std::string(value) + "\r\n")) == "malformed");
  }
}

TEST_CASE("Transfer-Encoding over several lines is one list") {
  CHECK(Outcome(WithFields("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")) ==
        "unknown coding");
  CHECK(Outcome(WithFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")) ==
        "malformed");
  CHECK(Outcome(WithFields("Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n")) ==
        "malformed");
}

TEST_CASE("Framing that can be read in two ways is refused") {
  CHECK(Outcome(WithFields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Transfer-Encoding : chunked\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Transfer-Encoding: chunked\r\n", "HTTP/1.0")) == "malformed");
  CHECK(Outcome(WithFields("Transfer-Encoding:\r\n chunked\r\n")) == "malformed");
  CHECK(Outcome(WithFields("X: y\r\n\tTransfer-Encoding: chunked\r\n")) == "malformed");
  CHECK(Outcome(WithFields("Connection: Content-Length\r\nContent-Length: 5\r\n")) == "complete");
}

TEST_CASE("A connection is kept as RFC 9112 section 9.3 says") {
  const auto kept = [](std::string_view version, std::string_view lines) {
    const Request request(WithFields(lines, version));
    REQUIRE(request.complete());
    return request.head.keep_alive;
  };
  CHECK(kept("HTTP/1.1", ""));
  CHECK(kept("HTTP/1.1", "Connection: keep-alive\r\n"));
  CHECK(kept("HTTP/1.1", "Connection: x-close, closed\r\n"));
  CHECK_FALSE(kept("HTTP/1.1", "Connection: close\r\n"));
  CHECK_FALSE(kept("HTTP/1.1", "Connection: foo ,\t CLoSe , bar\r\n"));
  CHECK_FALSE(kept("HTTP/1.1", "Connection: keep-alive\r\nConnection: Close\r\n"));
  CHECK_FALSE(kept("HTTP/1.1", "Connection: close, keep-alive\r\n"));
  CHECK_FALSE(kept("HTTP/1.0", ""));
  CHECK(kept("HTTP/1.0", "Connection: Keep-Alive\r\n"));
  CHECK_FALSE(kept("HTTP/1.0", "Connection: keep-alive, close\r\n"));
  CHECK_FALSE(kept("HTTP/1.0", "Keep-Alive: timeout=5\r\n"));
}

TEST_CASE("Connection's list marks fields while they are read") {
  const Request request(
      WithFields("X-A: 1\r\nConnection: x-a, host, X-Forwarded-For\r\n"
                 "X-Forwarded-For: 1.2.3.4\r\nTE: trailers\r\n"));
  REQUIRE(request.complete());
  const Fields& fields = request.head.fields;
  CHECK_FALSE(fields[0].hop_by_hop);
  CHECK(fields[1].hop_by_hop);
  CHECK(fields[2].hop_by_hop);
  CHECK_FALSE(fields[3].hop_by_hop);
  CHECK(fields[4].hop_by_hop);
}

TEST_CASE("An Expect other than 100-continue fails") {
  CHECK(Request(WithFields("Expect: 100-continue\r\n")).head.expects_continue);
  CHECK(Request(WithFields("expect: 100-Continue\r\n")).head.expects_continue);
  CHECK(Outcome(WithFields("Expect: 200-ok\r\n")) == "expectation failed");
  CHECK(Outcome(WithFields("Expect: 100-continue, x\r\n")) == "expectation failed");
  CHECK(Outcome(WithFields("Expect: 100-continue\r\nExpect: x\r\n")) == "expectation failed");
  const Request old(WithFields("Expect: 100-continue\r\n", "HTTP/1.0"));
  CHECK(old.complete());
  CHECK_FALSE(old.head.expects_continue);
  CHECK(Outcome(WithFields("Expect: x\r\n", "HTTP/1.0")) == "complete");
}

TEST_CASE("A target over its limit is too long, ended or not") {
  const HeadLimits limits{.target_bytes = 10};
  CHECK(Outcome(WithTarget("/23456789a"), limits) == "complete");
  CHECK(Outcome(WithTarget("/23456789ab"), limits) == "uri too long");
  CHECK(Outcome("GET /23456789a", limits) == "incomplete");
  CHECK(Outcome("GET /23456789ab", limits) == "uri too long");
  CHECK(Outcome("GET /" + std::string(9000, 'x')) == "uri too long");
}

TEST_CASE("A head over its limit is too large, ended or not") {
  const std::string whole = WithFields("X: y\r\n");
  const auto limited = [](std::size_t bytes) { return HeadLimits{.head_bytes = bytes}; };
  CHECK(Outcome(whole, limited(whole.size())) == "complete");
  CHECK(Outcome(whole + "body", limited(whole.size())) == "complete");
  CHECK(Outcome(whole, limited(whole.size() - 1)) == "head too large");
  CHECK(Outcome(whole.substr(0, 20), limited(21)) == "incomplete");
  CHECK(Outcome(whole.substr(0, 20), limited(20)) == "head too large");
  CHECK(Outcome(std::string(40000, 'G')) == "head too large");
  std::string lines;
  while (lines.size() < 40000) lines += "\r\n";
  CHECK(Outcome(lines) == "head too large");
  CHECK(Outcome(lines.substr(0, 1000)) == "incomplete");
}

TEST_CASE("A head has so many fields and no more") {
  const HeadLimits limits{.field_count = 3};
  CHECK(Outcome(WithFields("A: 1\r\nB: 2\r\n"), limits) == "complete");
  CHECK(Outcome(WithFields("A: 1\r\nB: 2\r\nC: 3\r\n"), limits) == "head too large");
}

}  // namespace
}  // namespace balancer::http
