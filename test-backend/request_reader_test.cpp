#include "test-backend/request_reader.hpp"

#include <catch2/catch.hpp>

using test_backend::RequestReader;
using Progress = RequestReader::Progress;

namespace {

// The status that refuses these bytes; 0 if they are no error.
int StatusOf(std::string_view bytes) {
  RequestReader reader;
  reader.Append(bytes);
  Progress progress = Progress::whole;
  while (progress == Progress::whole) progress = reader.Next();
  return progress == Progress::bad ? reader.error_status() : 0;
}

}  // namespace

TEST_CASE("Requests are read from pieces of any size") {
  const std::string bytes =
      "POST /a?b HTTP/1.1\r\nHost: x\r\ncontent-LENGTH:  3 \r\n\r\none"
      "\r\nPUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: x, Close\r\n\r\n"
      "2;ext\r\ntw\r\n001\r\no\r\n0\r\nTrailer: t\r\n\r\n"
      "GET /d HTTP/1.0\r\n\r\n";
  const std::size_t size = GENERATE(1U, 2U, 7U, 1000U);
  std::string seen;
  RequestReader reader;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    reader.Append(std::string_view(bytes).substr(at, size));
    for (auto progress = reader.Next(); progress != Progress::incomplete;
         progress = reader.Next()) {
      REQUIRE(progress == Progress::whole);
      seen += std::string(reader.method()) + ' ' + std::string(reader.uri()) + ' ' +
              std::string(reader.body()) + (reader.keep_alive() ? " open;" : " close;");
    }
  }
  CHECK(seen == "POST /a?b one open;PUT /c two close;GET /d  close;");
}

TEST_CASE("What cannot be read is refused") {
  const std::string get = "GET / HTTP/1.1\r\n";
  for (const std::string& bytes :
       {std::string("\x16\x03\x01 TLS?\r\n\r\n"), std::string("GET /\r\n\r\n"),
        std::string("GET  / HTTP/1.1\r\n\r\n"), std::string("GET / / HTTP/1.1\r\n\r\n"),
        get + "no colon\r\n\r\n", get + "Host : x\r\n\r\n", get + "Host: x\r\n folded\r\n\r\n",
        get + "Content-Length: +1\r\n\r\n", get + "Content-Length: 1, 1\r\n\r\n",
        get + "Content-Length: 99999999999999999999\r\n\r\n",
        get + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
        get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        get + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        get + "Transfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n",
        get + "Transfer-Encoding: chunked\r\n\r\n" + std::string(5000, '0')}) {
    INFO(bytes.substr(0, 100));
    CHECK(StatusOf(bytes) == 400);
  }
  CHECK(StatusOf("GET / HTTP/2.0\r\n\r\n") == 505);
  CHECK(StatusOf(get + "Transfer-Encoding: gzip, chunked\r\n\r\n") == 501);
}

TEST_CASE("What is too large is refused before it has come") {
  const std::string post = "POST / HTTP/1.1\r\n";
  CHECK(StatusOf("GET /" + std::string(66'000, 'x')) == 431);
  CHECK(StatusOf(post + "Content-Length: 67108864\r\n\r\n") == 0);
  CHECK(StatusOf(post + "Content-Length: 67108865\r\n\r\n") == 413);
  CHECK(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\n4000000\r\n") == 0);
  CHECK(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\n4000001\r\n") == 413);
}

TEST_CASE("A client that expects 100 is to be told once, and not if the body is on its way") {
  const std::string head = "PUT / HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  RequestReader reader;
  reader.Append(head);
  CHECK(reader.Next() == Progress::incomplete);
  CHECK(reader.TakeExpectation());
  CHECK(!reader.TakeExpectation());
  reader.Append("ok" + head + "o");
  CHECK(reader.Next() == Progress::whole);
  CHECK(reader.Next() == Progress::incomplete);
  CHECK(!reader.TakeExpectation());
}
