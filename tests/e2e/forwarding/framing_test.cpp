#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §3.2 and §3.4: messages are framed anew in both directions.

using namespace balancer::e2e;

TEST_CASE("a request body arrives whole and framed once, however the client framed it") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const std::string body = Pattern(100'000);
  auto client = balancer.Connect();

  CHECK(client.Call("POST", "/", "", body).status == 200);
  CHECK(backend.last_request().whole());
  CHECK((backend.last_request().body == body));

  const std::string head = "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: ";
  for (const std::string coding : {"chunked", "Chunked", "CHUNKED"}) {
    client.Send(head + coding + "\r\n\r\n" + Chunked(body, 777));
    CHECK(client.Receive().status == 200);
    CHECK(backend.last_request().whole());
    CHECK((backend.last_request().body == body));
  }
}

TEST_CASE("chunk extensions and trailers of a request go no further") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send(
      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
      "3;name=value\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n");
  CHECK(client.Receive().status == 200);
  CHECK(backend.last_request().body == "abcde");
  CHECK(backend.last_request().raw.find("X-Sum") == std::string::npos);
  CHECK(backend.last_request().raw.find("name=value") == std::string::npos);
  CHECK(client.Get().status == 200);
}

TEST_CASE("a request without a body is sent without one") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get().status == 200);
  CHECK_FALSE(backend.last_request().Has("Content-Length"));
  CHECK_FALSE(backend.last_request().Has("Transfer-Encoding"));
  CHECK(balancer.Call("POST", "/", "Content-Length: 0\r\n").status == 200);
  CHECK(backend.last_request().All("Content-Length") == std::vector<std::string>{"0"});
  CHECK(balancer.Call("DELETE", "/", "", "why").status == 200);
  CHECK(backend.last_request().body == "why");
}

TEST_CASE("status, reason and end-to-end fields of a response reach the client") {
  ScriptedBackend backend(
      "HTTP/1.1 418 I'm a teapot\r\nSet-Cookie: a=1\r\nServer: kettle\r\nSet-Cookie: b=2\r\n"
      "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 3\r\n\r\ntea");
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto response = balancer.Get();
  CHECK(response.start_line == "HTTP/1.1 418 I'm a teapot");
  CHECK(response.All("Set-Cookie") == std::vector<std::string>{"a=1", "b=2"});
  CHECK(response.All("Server") == std::vector<std::string>{"kettle"});
  CHECK(response.All("Date") == std::vector<std::string>{"Sat, 01 Jan 2000 00:00:00 GMT"});
  CHECK(response.body == "tea");
}

TEST_CASE("hop-by-hop fields of a response go no further; a missing Date is added") {
  ScriptedBackend backend(
      Ok("ok",
         "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n"
         "Proxy-Connection: keep-alive\r\nUpgrade: h2c\r\nX-Stays: 2\r\n"));
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto response = balancer.Get();
  CHECK(response.whole());
  for (const char* gone : {"X-Hop", "Keep-Alive", "Proxy-Connection", "Upgrade"}) {
    INFO(gone);
    CHECK_FALSE(response.Has(gone));
  }
  CHECK(response.Field("X-Stays") == "2");
  CHECK(response.Count("Date") == 1);
}

TEST_CASE("a response body arrives whole, however the backend framed it") {
  const std::string body = Pattern(100'000);
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string bytes =
      GENERATE_REF(ok + "Content-Length: 100000\r\n\r\n" + body,
                   ok + "Content-Length: 100000\r\nContent-Length: 100000\r\n\r\n" + body,
                   ok + "Transfer-Encoding: chunked\r\n\r\n" + Chunked(body, 999),
                   ok + "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" +
                       Chunked(body).substr(0, Chunked(body).size() - 2) + "X-Sum: 1\r\n\r\n",
                   ok + "\r\n" + body, "HTTP/1.0 200 OK\r\n\r\n" + body);
  INFO(bytes.substr(0, bytes.find("\r\n\r\n")));
  ScriptedBackend backend([&](Message&, Peer& peer) {
    peer.Send(bytes);
    if (bytes.find("gth") == std::string::npos && bytes.find("Tran") == std::string::npos) {
      peer.Close();
    }
  });
  Balancer balancer(BalancerConfig().Backend(backend));

  auto client = balancer.Connect();
  for (int i = 0; i < 2; ++i) {  // the second shows where the first one ended
    const auto response = client.Get();
    CHECK(response.whole());
    CHECK((response.body == body));
    CHECK_FALSE(response.Has("(trailer)"));
    CHECK_FALSE(response.until_close);
  }

  auto old = balancer.Connect();
  old.Send("GET / HTTP/1.0\r\n\r\n");
  const auto response = old.Receive();
  CHECK(response.whole());
  CHECK((response.body == body));
  CHECK_FALSE(response.Has("Transfer-Encoding"));
}

TEST_CASE("a response to HEAD has the fields and no body") {
  ScriptedBackend backend([](Message& request, Peer& peer) {
    const bool head = request.start_line.starts_with("HEAD");
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: b\r\n\r\n" +
              std::string(head ? "" : "hello"));
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  const auto head = client.Call("HEAD", "/");
  CHECK(head.status == 200);
  CHECK(head.All("Content-Length") == std::vector<std::string>{"5"});
  CHECK(head.Field("X-A") == "b");
  CHECK(backend.last_request().start_line == "HEAD / HTTP/1.1");
  CHECK(client.Get().body == "hello");
}

TEST_CASE("204 and 304 have no body, whatever their fields say") {
  const std::string answer =
      GENERATE(as<std::string>(), "HTTP/1.1 204 No Content\r\n\r\n",
               "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"x\"\r\n\r\n",
               "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n");
  ScriptedBackend backend([&](Message& request, Peer& peer) {
    peer.Send(request.start_line.find("/next") == std::string::npos ? answer : Ok("next"));
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  const auto response = client.Get("/");
  CHECK(std::to_string(response.status) == answer.substr(9, 3));
  if (response.status == 204) {
    CHECK_FALSE(response.Has("Content-Length"));
    CHECK_FALSE(response.Has("Transfer-Encoding"));
  }
  CHECK(client.Get("/next").body == "next");
}

TEST_CASE("interim responses are not taken for the final one") {
  ScriptedBackend backend(
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 102 Processing\r\n\r\n"
      "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" +
      Ok("final"));
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (int i = 0; i < 2; ++i) {
    const auto response = client.Get();
    CHECK(response.status == 200);
    CHECK(response.body == "final");
  }
  auto old = balancer.Connect();
  old.Send("GET / HTTP/1.0\r\n\r\n");
  CHECK(old.ReceiveAny().status == 200);
}
