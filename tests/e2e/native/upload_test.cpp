#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// Request bodies, through the native front end.

using namespace balancer::e2e;

namespace {

BalancerConfig Native() {
  return BalancerConfig().Set("server.frontend", "native");
}

// Reads a head, and takes each request's body only when told to.
ScriptedBackend::Options HeadsOnly() {
  return {.heads_only = true};
}

}  // namespace

TEST_CASE("the first bytes of a body reach the backend before its end is there") {
  std::atomic<bool> got_first = false;
  ScriptedBackend backend(
      [&](Message&, Peer& peer) {
        for (std::string line; !got_first && peer.ReadLine(line);)
          got_first = line == "hello, first";
        peer.Hang();
      },
      HeadsOnly());
  Balancer balancer(Native().Backend(backend));
  const bool chunked = GENERATE(false, true);
  auto client = balancer.Connect();
  client.Send(chunked ? "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "D\r\nhello, first\n\r\n"
                      : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\nhello, first\n");
  CHECK(Eventually([&] { return got_first.load(); }));
  CHECK_FALSE(client.ClosedByServer(50ms));
}

TEST_CASE("body_bytes: 0 is no limit") {
  std::atomic<std::size_t> sizes = 0;
  ScriptedBackend backend([&](Message& request, Peer& peer) {
    sizes += request.body.size();
    peer.Send(Ok());
  });
  Balancer balancer(Native().Backend(backend).Set("server.body_bytes", "0"));
  constexpr std::size_t kSize = 30'000'000;
  const std::string body = Pattern(kSize);
  const auto whole = balancer.Call("POST", "/", "", body);
  INFO(whole.body);
  CHECK(whole.status == 200);
  auto client = balancer.Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
              Chunked(body, 1'000'000));
  CHECK(client.Receive("POST").status == 200);
  CHECK(sizes == 2 * kSize);
}

TEST_CASE("Expect: 100-continue is answered when a backend is connected, not before") {
  ScriptedBackend backend(Ok());
  Balancer balancer(Native().Backend(backend).Set("upstream.timeouts.connect", "300ms"));
  const std::string ask =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  {
    auto client = balancer.Connect();
    client.Send(ask);
    CHECK(client.ReceiveAny().status == 100);
    client.Send("body");
    CHECK(client.ReceiveAny().status == 200);
    CHECK(backend.last_request().body == "body");
  }
  backend.Stop();
  auto client = balancer.Connect();
  client.Send(ask);
  const auto response = client.ReceiveAny();
  CHECK((response.status == 502 || response.status == 503));
  CHECK(client.ClosedByServer());
}

TEST_CASE("Expect: 100-continue of a client without a token is answered with 429 alone") {
  ScriptedBackend backend(Ok());
  Balancer balancer(Native().Backend(backend).DefaultLimits("1", "0.001"));
  REQUIRE(balancer.Get().status == 200);
  auto client = balancer.Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(ProblemMistake(client.ReceiveAny(), 429) == "");
  CHECK(client.ClosedByServer());
  CHECK(backend.request_count() == 1);
}

TEST_CASE("a small body that has been sent is sent again to the next backend, a large one is not") {
  // Takes the head and a part of the body, then is gone.
  ScriptedBackend dying(
      [](Message&, Peer& peer) {
        std::string some;
        peer.ReadLine(some);
        peer.Reset();
      },
      HeadsOnly());
  ScriptedBackend living(Ok("living"));
  Balancer balancer(Native().Backend(dying).Backend(living).Set("ticker_rate_sec", "600"));

  const std::string small = "line\n" + Pattern(60'000);
  for (int i = 0; i < 4; ++i) CHECK(balancer.Call("PUT", "/", "", small).body == "living");
  CHECK((living.last_request().body == small));
  CHECK(dying.request_count() >= 1);

  const std::string large = "line\n" + Pattern(1'000'000);
  int failed = 0;
  for (int i = 0; i < 4; ++i) failed += balancer.Call("PUT", "/", "", large).status != 200;
  CHECK(failed == 2);
}

TEST_CASE("an early answer reaches a client that is still sending") {
  ScriptedBackend backend(
      [](Message&, Peer& peer) {
        peer.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\nConnection: close\r\n\r\nno!\n");
        peer.Hang();
      },
      HeadsOnly());
  Balancer balancer(Native().Backend(backend));
  auto client = balancer.Connect();
  client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\nhalf");
  const auto response = client.Receive("POST");
  CHECK(response.status == 403);
  CHECK(response.body == "no!\n");
  CHECK(response.Field("Connection") == "close");
  // It sends on for a while and still has the answer, as above; then the connection ends.
  for (int i = 0; i < 10; ++i) client.Send(std::string(100'000, 'x'));
  CHECK(client.ClosedByServer());
}

TEST_CASE("a backend that does not read holds the client back, at less than 1 MB") {
  std::atomic<bool> done = false;
  ScriptedBackend backend(
      [&](Message& request, Peer& peer) {
        if (request.start_line.find("/stall") != std::string::npos) {
          (void)Eventually([&] { return done.load(); });
        } else {
          peer.ReadBody(request);
          peer.Send(Ok());
        }
      },
      HeadsOnly());
  Balancer balancer(Native().Backend(backend).Set("server.body_bytes", "0"));
  auto& process = balancer.process();
  for (int i = 0; i < 20; ++i)
    CHECK(balancer.Call("POST", "/", "", Pattern(500'000)).status == 200);
  const auto before = process.ResidentBytes();

  auto client = balancer.Connect();
  client.Send("POST /stall HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n");
  const std::string block(1 << 20, 'x');
  std::size_t sent = 0;
  while (sent < 200'000'000 && client.socket().Send(block, 500ms)) sent += block.size();
  INFO("the kernel's buffers took " << sent << " bytes; the rest has to wait at the client");
  CHECK(sent > 0);
  CHECK(sent < 60'000'000);
  if (!kSanitized) CHECK(process.ResidentBytes() < before + 1'000'000);
  done = true;
}
