#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §3.3: responses stream, bodies of any permitted size arrive, larger ones are refused.

using namespace balancer::e2e;

TEST_CASE("the first bytes of a response reach the client before its end is there") {
  std::atomic<bool> client_has_read = false;
  const bool chunked = GENERATE(true, false);
  ScriptedBackend backend([&](Message&, Peer& peer) {
    peer.Send(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
                      : "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
    if (!Eventually([&] { return client_has_read.load(); })) return;
    peer.Send(chunked ? "4\r\nlast\r\n0\r\n\r\n" : "last");
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.SendRequest("GET", "/");
  std::string seen;
  while (seen.find("first") == std::string::npos) {
    REQUIRE(client.socket().Receive(seen) == TcpSocket::Got::bytes);
  }
  client_has_read = true;
  while (seen.find("last") == std::string::npos) {
    REQUIRE(client.socket().Receive(seen) == TcpSocket::Got::bytes);
  }
  CHECK(seen.starts_with("HTTP/1.1 200"));
}

TEST_CASE("a response that comes byte by byte is delivered whole") {
  const std::string answer =
      GENERATE_COPY(Ok("slow but sure"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                             Chunked("slow but sure", 5));
  ScriptedBackend backend([&](Message&, Peer& peer) { peer.SendByteByByte(answer); });
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto response = balancer.Get();
  CHECK(response.whole());
  CHECK(response.body == "slow but sure");
}

TEST_CASE("20 MB arrive byte for byte, at a quick client and at a slow one") {
  const std::string body = Pattern(20'000'000);
  ScriptedBackend backend(Ok(body));
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK((balancer.Get().body == body));

  auto slow = balancer.Connect({.receive_buffer = 4096});
  slow.SendRequest("GET", "/");
  CHECK((slow.Receive("GET", 2 * kPatience).body == body));
}

TEST_CASE("timeouts.body is for a client that takes nothing, not for one that takes little") {
  const std::string body = Pattern(4'000'000);
  ScriptedBackend backend(Ok(body));
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.body", "1s"));
  auto idle = balancer.Connect({.receive_buffer = 4096});
  auto steady = balancer.Connect({.receive_buffer = 16384});
  idle.SendRequest("GET", "/");
  steady.SendRequest("GET", "/");

  const auto begin = SteadyClock::now();
  std::string got;
  while (got.size() < body.size()) {  // 600 bytes a millisecond
    std::this_thread::sleep_until(begin + milliseconds(got.size() / 600));
    if (steady.socket().Receive(got) != TcpSocket::Got::bytes) break;
  }
  CHECK(got.size() > body.size());
  CHECK(got.ends_with(body));

  CHECK(idle.Receive().end == Message::End::cut);
}

TEST_CASE("a body of body_bytes is taken, one byte more refused") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.body_bytes", "1000000"));
  const std::string largest = Pattern(1'000'000);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

  CHECK(balancer.Call("POST", "/", "", largest).status == 200);
  CHECK((backend.last_request().body == largest));
  auto chunked = balancer.Connect();
  chunked.Send(head + Chunked(largest, 4096));
  CHECK(chunked.Receive().status == 200);
  CHECK((backend.last_request().body == largest));
  CHECK(backend.request_count() == 2);

  auto too_long = balancer.Connect();
  too_long.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000001\r\n\r\n");
  CHECK(ProblemMistake(too_long.Receive(), 413) == "");
  CHECK(too_long.ClosedByServer());
  CHECK(backend.request_count() == 2);

  auto too_many_chunks = balancer.Connect();
  too_many_chunks.Send(head + Chunked(largest + "x", 4096));
  CHECK(ProblemMistake(too_many_chunks.Receive(), 413) == "");
  CHECK(too_many_chunks.ClosedByServer());
}

TEST_CASE("a client that sends all of a body that is too large reads its 413") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.body_bytes", "1000"));
  const auto response = balancer.Call("POST", "/", "", Pattern(100'000));
  CHECK(ProblemMistake(response, 413) == "");
  CHECK(backend.request_count() == 0);
}

TEST_CASE("10 MiB, the default limit, go up whole") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const std::string body = Pattern(10'485'760);
  CHECK(balancer.Call("PUT", "/", "", body).status == 200);
  CHECK((backend.last_request().body == body));
}
