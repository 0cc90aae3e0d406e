#include "internal/http/serialize.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "internal/http/parser.hpp"

namespace balancer::http {
namespace {

using Kind = Framing::Kind;

const ForwardedFor kStranger{"192.0.2.1", false, "id-1"};
const ForwardedFor kTrusted{"192.0.2.1", true, "id-1"};

// What a backend gets for the request in `text`.
std::string Forwarded(std::string_view text, const ForwardedFor& client = kStranger,
                      std::string_view base_path = "") {
  RequestHead head;
  REQUIRE(ParseRequestHead(text, {}, head).status == ParseResult::Status::complete);
  Buffer out;
  AppendRequestHead(out, head, head.framing, base_path, "backend:81", client);
  return std::string(out.view());
}

// What a client gets for the response in `text`, which answers `method`.
std::string Delivered(std::string_view text, ResponseDelivery delivery,
                      std::string_view method = "GET") {
  ResponseHead head;
  REQUIRE(ParseResponseHead(text, {}, method, head).status == ParseResult::Status::complete);
  Buffer out;
  AppendResponseHead(out, head, delivery);
  return std::string(out.view());
}

ResponseDelivery Kept(Framing framing) {
  ResponseDelivery delivery;
  delivery.framing = framing;
  return delivery;
}

bool Has(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

bool HasName(const std::string& head, const std::string& name) {
  return head.find("\r\n" + name + ":") != std::string::npos;
}

std::string FirstLine(const std::string& head) {
  return head.substr(0, head.find("\r\n"));
}

TEST_CASE("A request is written for the backend") {
  CHECK(Forwarded("POST /a?b HTTP/1.0\r\nAccept: */*\r\nHost: x.y:8080\r\nContent-Length: 5\r\n"
                  "Connection: close, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nx-Other:  2 \r\n\r\n") ==
        "POST /a?b HTTP/1.1\r\nHost: x.y:8080\r\nAccept: */*\r\nx-Other: 2\r\n"
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: x.y:8080\r\n"
        "X-Request-ID: id-1\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("A head goes behind what is there") {
  RequestHead head;
  REQUIRE(ParseRequestHead("GET / HTTP/1.1\r\nHost: a\r\n\r\n", {}, head).status ==
          ParseResult::Status::complete);
  Buffer out("before");
  AppendRequestHead(out, head, head.framing, "", "b", kStranger);
  CHECK(out.view().starts_with("beforeGET / HTTP/1.1\r\n"));
  CHECK(out.view().ends_with("\r\n\r\n"));
}

TEST_CASE("Base path and target have one slash between") {
  const auto target = [](std::string_view base_path, std::string_view line) {
    const std::string head =
        Forwarded(std::string(line) + " HTTP/1.1\r\nHost: a\r\n\r\n", kStranger, base_path);
    const std::string first = FirstLine(head);
    return first.substr(first.find(' ') + 1, first.rfind(' ') - first.find(' ') - 1);
  };
  CHECK(target("", "GET /x") == "/x");
  CHECK(target("", "GET //x") == "//x");
  CHECK(target("/base", "GET /x?y") == "/base/x?y");
  CHECK(target("/base/", "GET /x") == "/base/x");
  CHECK(target("/base", "GET /") == "/base/");
  CHECK(target("/base", "OPTIONS *") == "*");
  CHECK(target("", "GET http://a?x") == "/?x");
  CHECK(target("/base", "GET http://a?x") == "/base/?x");
  CHECK(target("", "GET /\xC3\xBC%2f\"") == "/\xC3\xBC%2f\"");
}

TEST_CASE("Host is the client's, or the backend's where there is none") {
  CHECK(Has(Forwarded("GET / HTTP/1.1\r\nhost: A.b\r\n\r\n"), "Host: A.b"));
  CHECK(Has(Forwarded("GET http://c.d/ HTTP/1.0\r\n\r\n"), "Host: c.d"));
  const std::string without = Forwarded("GET / HTTP/1.0\r\n\r\n");
  CHECK(Has(without, "Host: backend:81"));
  CHECK_FALSE(HasName(without, "X-Forwarded-Host"));
}

TEST_CASE("X-Forwarded-For is appended to, in one line") {
  CHECK(Has(Forwarded("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1, 2.2.2.2\r\n"
                      "A: b\r\nx-forwarded-for:\r\nx-forwarded-for: 3.3.3.3\r\n\r\n"),
            "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 192.0.2.1"));
}

TEST_CASE("A stranger's X-Forwarded-Proto and -Host are replaced, a trusted peer's kept") {
  constexpr std::string_view kRequest =
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n"
      "Connection: X-Forwarded-Proto, X-Forwarded-Host\r\n\r\n";
  const std::string strange = Forwarded(kRequest);
  CHECK(Has(strange, "X-Forwarded-Proto: http"));
  CHECK(Has(strange, "X-Forwarded-Host: a"));
  CHECK(strange.find("https") == std::string::npos);
  CHECK(strange.find("evil") == std::string::npos);
  const std::string trusted = Forwarded(kRequest, kTrusted);
  CHECK(Has(trusted, "X-Forwarded-Proto: https"));
  CHECK(Has(trusted, "X-Forwarded-Host: evil"));
  CHECK_FALSE(Has(trusted, "X-Forwarded-Proto: http"));
  CHECK(Has(Forwarded("GET / HTTP/1.1\r\nHost: a\r\n\r\n", kTrusted), "X-Forwarded-Proto: http"));
}

TEST_CASE("X-Request-ID is kept, or put in") {
  CHECK(Has(Forwarded("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "X-Request-ID: id-1"));
  const std::string kept = Forwarded("GET / HTTP/1.1\r\nHost: a\r\nx-request-id: mine\r\n\r\n");
  CHECK(Has(kept, "x-request-id: mine"));
  CHECK_FALSE(HasName(kept, "X-Request-ID"));
  const std::string empty = Forwarded("GET / HTTP/1.1\r\nHost: a\r\nX-Request-ID:\r\n\r\n");
  CHECK(Has(empty, "X-Request-ID: id-1"));
  CHECK_FALSE(Has(empty, "X-Request-ID: "));
}

TEST_CASE("A request is framed anew, once") {
  const auto framed = [](std::string_view method, Framing framing) {
    RequestHead head;
    head.method = method;
    head.target = "/";
    head.host = "a";
    head.fields = {{"Content-Length", "7", FieldId::content_length, false},
                   {"Transfer-Encoding", "chunked", FieldId::transfer_encoding, true}};
    Buffer buffer;
    AppendRequestHead(buffer, head, framing, "", "b", kStranger);
    const std::string out(buffer.view());
    std::string lines;
    if (HasName(out, "Content-Length")) lines += out.substr(out.find("Content-Length"));
    if (HasName(out, "Transfer-Encoding")) lines += out.substr(out.find("Transfer-Encoding"));
    return lines;
  };
  CHECK(framed("GET", {Kind::length, 5}) == "Content-Length: 5\r\n\r\n");
  CHECK(framed("GET", {Kind::chunked}) == "Transfer-Encoding: chunked\r\n\r\n");
  CHECK(framed("GET", {}).empty());
  CHECK(framed("DELETE", {}).empty());
  CHECK(framed("POST", {}) == "Content-Length: 0\r\n\r\n");
  CHECK(framed("PUT", {}) == "Content-Length: 0\r\n\r\n");
  CHECK(framed("PATCH", {}) == "Content-Length: 0\r\n\r\n");
  CHECK(framed("POST", {Kind::length, 9223372036854775807}) ==
        "Content-Length: 9223372036854775807\r\n\r\n");
}

TEST_CASE("Expect is not passed on") {
  CHECK_FALSE(HasName(Forwarded("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                "Content-Length: 1\r\n\r\n"),
                      "Expect"));
}

TEST_CASE("A response is written for the client") {
  ResponseDelivery delivery = Kept({Kind::length, 5});
  delivery.request_id = "id-1";
  delivery.date = "Wed, 01 May 2024 10:00:00 GMT";
  CHECK(Delivered("HTTP/1.0 404 Nope\r\nServer: s\r\nContent-Length: 5\r\nX-Hop: 1\r\n"
                  "Connection: keep-alive, x-hop\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a\r\n"
                  "Set-Cookie: b\r\n\r\n",
                  delivery) ==
        "HTTP/1.1 404 Nope\r\nServer: s\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-Request-ID: id-1\r\n"
        "Date: Wed, 01 May 2024 10:00:00 GMT\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("The backend's Date and X-Request-ID are kept") {
  ResponseDelivery delivery = Kept({Kind::chunked});
  delivery.request_id = "id-1";
  delivery.date = "now";
  CHECK(
      Delivered("HTTP/1.1 200 OK\r\ndate: then\r\nx-request-id: mine\r\n"
                "Transfer-Encoding: chunked\r\n\r\n",
                delivery) ==
      "HTTP/1.1 200 OK\r\ndate: then\r\nx-request-id: mine\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("A missing reason is filled in where there is one") {
  CHECK(FirstLine(Delivered("HTTP/1.1 204\r\n\r\n", Kept({}))) == "HTTP/1.1 204 No Content");
  CHECK(FirstLine(Delivered("HTTP/1.1 299\r\n\r\n", Kept({Kind::chunked}))) == "HTTP/1.1 299 ");
}

TEST_CASE("The client is told whether the connection is kept") {
  constexpr std::string_view kResponse = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  ResponseDelivery delivery = Kept({Kind::length, 5});
  CHECK_FALSE(HasName(Delivered(kResponse, delivery), "Connection"));
  delivery.tell_keep_alive = true;
  CHECK(Has(Delivered(kResponse, delivery), "Connection: keep-alive"));
  delivery.keep_alive = false;
  CHECK(Has(Delivered(kResponse, delivery), "Connection: close"));
  CHECK_FALSE(Has(Delivered(kResponse, delivery), "Connection: keep-alive"));
  const std::string until_close = Delivered(kResponse, Kept({Kind::until_close}));
  CHECK(Has(until_close, "Connection: close"));
  CHECK_FALSE(HasName(until_close, "Content-Length"));
}

TEST_CASE("An answer without a body keeps its length as information") {
  constexpr std::string_view kLong = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n";
  CHECK(Has(Delivered(kLong, Kept({}), "HEAD"), "Content-Length: 5000"));
  CHECK(Has(Delivered("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", Kept({})),
            "Content-Length: 7"));
  CHECK_FALSE(HasName(Delivered("HTTP/1.1 200 OK\r\n\r\n", Kept({}), "HEAD"), "Content-Length"));

  ResponseHead made;
  made.framing = {Kind::length, 12};
  Buffer out;
  AppendResponseHead(out, made, Kept({}));
  CHECK(Has(std::string(out.view()), "Content-Length: 12"));
}

TEST_CASE("1xx and 204 have no framing") {
  for (const std::string_view status : {"100", "103", "204"}) {
    for (const Framing framing : {Framing{}, Framing{Kind::length, 5}, Framing{Kind::chunked}}) {
      const std::string head =
          Delivered("HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 5\r\nLink: x\r\n\r\n",
                    Kept(framing));
      CHECK(Has(head, "Link: x"));
      CHECK_FALSE(HasName(head, "Content-Length"));
      CHECK_FALSE(HasName(head, "Transfer-Encoding"));
    }
  }
}

TEST_CASE("Many long fields fit") {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 90; ++i) text += "X-Forwarded-For: " + std::string(300, 'x') + "\r\n";
  const std::string head = Forwarded(text + "\r\n");
  CHECK(head.size() > 90 * 302);
  CHECK(head.substr(head.size() - 4) == "\r\n\r\n");
}

}  // namespace
}  // namespace balancer::http
