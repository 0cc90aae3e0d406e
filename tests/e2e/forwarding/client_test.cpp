#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §3.4 and §2 timeouts: a client's connection and how it goes on.

using namespace balancer::e2e;

TEST_CASE("a connection is kept for the next request") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (int i = 0; i < 100; ++i) REQUIRE(client.Get().status == 200);
  INFO("backend connections, health checks included");
  CHECK(backend.connections() <= 1 + backend.health_checks());
}

TEST_CASE("Connection: close is honoured and said, in any case and in a list") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string value : {"close", "Close", "x-foo, close", "CLOSE , x-foo"}) {
    INFO(value);
    auto client = balancer.Connect();
    const auto response = client.Get("/", "Connection: " + value + "\r\n");
    CHECK(response.status == 200);
    CHECK(response.Field("Connection") == "close");
    CHECK(client.ClosedByServer());
  }
}

TEST_CASE("HTTP/1.0 is answered and closed, unless it asks to be kept") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto plain = balancer.Connect();
  plain.Send("GET /a HTTP/1.0\r\n\r\n");
  CHECK(plain.Receive().body == "ok");
  CHECK(plain.ClosedByServer());
  CHECK(backend.last_request().start_line == "GET /a HTTP/1.1");

  auto kept = balancer.Connect();
  for (int i = 0; i < 2; ++i) {
    kept.Send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    const auto response = kept.Receive();
    CHECK(response.body == "ok");
    CHECK_THAT(response.Field("Connection"), Catch::Equals("keep-alive", Catch::CaseSensitive::No));
  }
}

TEST_CASE("pipelined requests are answered in order") {
  ScriptedBackend backend([](Message& request, Peer& peer) {
    const bool first = request.start_line.find("/first") != std::string::npos;
    if (first) std::this_thread::sleep_for(100ms);
    peer.Send(Ok(first ? "first" : "second"));
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send(
      "GET /first HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /second HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.Receive().body == "first");
  CHECK(client.Receive().body == "second");
}

TEST_CASE("a request that comes byte by byte is a request") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (const char byte :
       std::string("\r\nPOST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")) {
    client.Send(std::string(1, byte));
  }
  CHECK(client.Receive().status == 200);
  CHECK(backend.last_request().body == "body");
}

TEST_CASE("Expect: 100-continue is answered once, and the body then arrives") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(client.ReceiveAny().status == 100);
  client.Send("body");
  CHECK(client.ReceiveAny().status == 200);
  CHECK(backend.last_request().body == "body");
  CHECK_FALSE(backend.last_request().Has("Expect"));
}

TEST_CASE("Expect: 100-continue gets no 100 where the body is not wanted") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.body_bytes", "1000"));
  auto client = balancer.Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  CHECK(ProblemMistake(client.ReceiveAny(), 413) == "");
  CHECK(client.ClosedByServer());
  CHECK(backend.request_count() == 0);
}

TEST_CASE("an Expect of HTTP/1.0 is ignored, another one refused") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  auto old = balancer.Connect();
  old.Send("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(old.ReceiveAny().status == 200);
  auto odd = balancer.Connect();
  odd.Send("POST / HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(ProblemMistake(odd.ReceiveAny(), 417) == "");
  CHECK(backend.request_count() == 1);
}

TEST_CASE("an idle connection is closed after its time") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.idle", "300ms"));
  auto client = balancer.Connect();
  CHECK(client.Get().status == 200);
  CHECK(client.ClosedByServer());
}

TEST_CASE("a client that dawdles over its request is told so or cut off") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Set("server.timeouts.header", "300ms")
                        .Set("server.timeouts.body", "300ms")
                        .Set("server.timeouts.idle", "300ms"));
  for (const std::string begun :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf"}) {
    INFO(begun);
    auto client = balancer.Connect();
    client.Send(begun);
    const auto response = client.Receive();
    if (response.status != 0) {
      CHECK(ProblemMistake(response, 408) == "");
      CHECK(client.ClosedByServer());
    } else {
      CHECK(response.end == Message::End::none);
    }
  }
  CHECK(backend.request_count() == 0);
}

TEST_CASE("a client that trickles its head does not hold the connection for ever") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.header", "500ms"));
  auto client = balancer.Connect();
  client.Send("GET / HTTP/1.1\r\n");
  CHECK(Eventually([&] { return !client.Send("X-A: b\r\n") || client.ClosedByServer(50ms); }));
}

TEST_CASE("a client refused in the middle of its body sees the end, and does not stay for good") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .DefaultLimits("1", "0.001")
                        .Set("server.timeouts.drain", "600s"));
  REQUIRE(balancer.Get().status == 200);
  auto& process = balancer.process();
  const auto refused = [&] {
    auto client = balancer.Connect();
    client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
    CHECK(ProblemMistake(client.Receive("POST"), 429) == "");
    return client;
  };
  const auto files = process.OpenFiles();

  std::vector<HttpClient> crowd;
  for (int i = 0; i < 10; ++i) crowd.push_back(refused());
  CHECK(crowd.front().ClosedByServer(4s));
  CHECK(Eventually([&] { return process.OpenFiles() <= files + 2; }, 4s));

  auto last = refused();
  process.Signal(SIGTERM);
  CHECK(process.Wait(4s) == 0);
}
