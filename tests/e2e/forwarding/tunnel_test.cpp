#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// Switching protocols (RFC 9110 §7.8), as WebSocket does.

using namespace balancer::e2e;

namespace {

const std::string kAsk =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const std::string kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

// Switches, then sends back what it gets, a line at a time, until there is no more.
void EchoLines(Message&, Peer& peer) {
  peer.Send(kSwitch);
  for (std::string line; peer.ReadLine(line);) peer.Send("you said " + line + "\n");
  peer.Close();
}

// Reads from a socket until `text` is there; all that came.
std::string ReadUntil(TcpSocket& socket, std::string_view text) {
  std::string got;
  while (got.find(text) == std::string::npos) {
    if (socket.Receive(got) != TcpSocket::Got::bytes) break;
  }
  return got;
}

}  // namespace

TEST_CASE("a protocol switch is asked for, and its bytes then go both ways as they are") {
  ScriptedBackend backend(EchoLines);
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send(kAsk);
  const auto response = client.ReceiveAny();
  CHECK(response.status == 101);
  CHECK(response.Field("Upgrade") == "websocket");
  CHECK(response.Field("Connection") == "upgrade");
  CHECK(response.Field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(response.Has("Content-Length"));
  CHECK_FALSE(response.Has("Transfer-Encoding"));

  const auto asked = backend.last_request();
  CHECK(asked.All("Upgrade") == std::vector<std::string>{"websocket"});
  CHECK(asked.All("Connection") == std::vector<std::string>{"upgrade"});
  CHECK(asked.Field("Sec-WebSocket-Key") == "dGhlIHNhbXBsZSBub25jZQ==");
  CHECK(asked.Field("X-Forwarded-For") == "127.0.0.1");

  for (const std::string line : {"hello", "GET / HTTP/1.1", "0"}) {
    client.Send(line + "\n");
    CHECK(ReadUntil(client.socket(), "\n") == "you said " + line + "\n");
  }
}

TEST_CASE("bytes sent right behind the switch, by either side, are not lost") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send(kSwitch + "first\n");
    std::string line;
    peer.ReadLine(line);
    peer.Send("then " + line + "\n");
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send(kAsk + "early\n");
  const auto all = ReadUntil(client.socket(), "then early\n");
  CHECK(all.starts_with("HTTP/1.1 101 "));
  CHECK(all.find("\r\n\r\nfirst\nthen early\n") != std::string::npos);
}

TEST_CASE("a tunnel ends when either side ends it") {
  ScriptedBackend backend(EchoLines);
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send(kAsk);
  REQUIRE(client.ReceiveAny().status == 101);
  client.Send("x\n");
  REQUIRE(ReadUntil(client.socket(), "\n") == "you said x\n");

  SECTION("the client") {
    client.socket().Close();
    CHECK(Eventually([&] { return backend.open_connections() == 0; }));
  }
  SECTION("the client, by a reset") {
    client.socket().Reset();
    CHECK(Eventually([&] { return backend.open_connections() == 0; }));
  }
  SECTION("the backend") {
    backend.Stop();
    CHECK(client.ClosedByServer());
  }
}

TEST_CASE("a silent tunnel is closed after upstream.timeouts.idle, a used one is not") {
  ScriptedBackend backend(EchoLines);
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.timeouts.idle", "400ms"));
  auto client = balancer.Connect();
  client.Send(kAsk);
  REQUIRE(client.ReceiveAny().status == 101);
  const Deadline longer_than_idle(1s);
  while (!longer_than_idle.passed()) {
    client.Send("x\n");
    REQUIRE(ReadUntil(client.socket(), "\n") == "you said x\n");
  }
  CHECK(client.ClosedByServer());
  CHECK(Eventually([&] { return backend.open_connections() == 0; }));
}

TEST_CASE("a tunnel is a request in flight") {
  ScriptedBackend tunnels(EchoLines);
  ScriptedBackend other(Ok("other"));
  Balancer balancer(
      BalancerConfig().Backend(tunnels).Backend(other).Set("strategy", "least-connections"));
  auto client = balancer.Connect();
  client.Send(kAsk);
  REQUIRE(client.ReceiveAny().status == 101);
  for (int i = 0; i < 4; ++i) CHECK(balancer.Get().body == "other");
  CHECK(tunnels.request_count() == 1);
}

TEST_CASE("a backend that does not want to switch just answers") {
  ScriptedBackend backend(Ok("no"));
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send(kAsk);
  const auto response = client.ReceiveAny();
  CHECK(response.status == 200);
  CHECK(response.body == "no");
  CHECK(client.Get().status == 200);
}

TEST_CASE("a switch that nobody may have asked for is not asked for, and not taken") {
  ScriptedBackend backend(kSwitch);
  Balancer balancer(BalancerConfig().Backend(backend));
  const std::string_view asked =
      GENERATE(as<std::string_view>(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
               "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n",
               "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
               "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\n"
               "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
               "POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
               "Content-Length: 1\r\n\r\nx");
  INFO(asked);
  auto client = balancer.Connect();
  client.Send(asked);
  CHECK(ProblemMistake(client.ReceiveAny(), 502) == "");
  CHECK_FALSE(backend.last_request().Has("Upgrade"));
  CHECK_FALSE(backend.last_request().Has("Connection"));
}

TEST_CASE("what a tunnel's client is silent for is no matter of server.timeouts") {
  ScriptedBackend backend(EchoLines);
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Set("server.timeouts.body", "200ms")
                        .Set("server.timeouts.idle", "200ms"));
  auto client = balancer.Connect();
  client.Send(kAsk);
  REQUIRE(client.ReceiveAny().status == 101);
  for (int i = 0; i < 2; ++i) {
    client.Send("x\n");
    REQUIRE(ReadUntil(client.socket(), "\n") == "you said x\n");
    CHECK_FALSE(client.ClosedByServer(500ms));
  }
}
