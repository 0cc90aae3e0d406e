#include <sys/socket.h>

#include <algorithm>
#include <atomic>

#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// How clients may behave, and be served by the native front end.

using namespace balancer::e2e;

namespace {

BalancerConfig Native() {
  return BalancerConfig().Set("server.frontend", "native");
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// Answers when the test says so.
class Gate {
 public:
  void Open() { open_ = true; }
  void Wait() const {
    (void)Eventually([&] { return open_.load(); });
  }

 private:
  std::atomic<bool> open_ = false;
};

}  // namespace

TEST_CASE("a hundred requests sent ahead are answered in order, bodies and all") {
  ScriptedBackend backend(
      [](Message& request, Peer& peer) { peer.Send(Ok(request.start_line + "|" + request.body)); });
  Balancer balancer(Native().Backend(backend));
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    const auto number = std::to_string(i);
    requests += i % 3 == 0   ? "GET /" + number + " HTTP/1.1\r\nHost: a\r\n\r\n"
                : i % 3 == 1 ? "POST /" + number + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                                   std::to_string(number.size()) + "\r\n\r\n" + number
                             : "POST /" + number +
                                   " HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                   Chunked(number, 1);
  }
  const std::size_t piece = GENERATE(1, 17, 1'000'000);
  auto client = balancer.Connect();
  std::thread sender([&] {
    for (std::size_t at = 0; at < requests.size(); at += piece) {
      client.Send(std::string_view(requests).substr(at, piece));
    }
  });
  for (int i = 0; i < 100; ++i) {
    const auto number = std::to_string(i);
    const auto body = client.Receive().body;
    CHECK(body == (i % 3 == 0 ? "GET /" + number + " HTTP/1.1|"
                              : "POST /" + number + " HTTP/1.1|" + number));
  }
  sender.join();
}

TEST_CASE("requests sent ahead that are refused do not pile up") {
  ScriptedBackend backend(Ok());
  Balancer balancer(Native().Backend(backend).DefaultLimits("1", "0.001"));
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += kGet;
  auto client = balancer.Connect();
  std::thread sender([&] { client.Send(requests); });
  CHECK(client.Receive().status == 200);
  int refused = 0;
  while (refused < 1999 && client.Receive().status == 429) ++refused;
  CHECK(refused == 1999);
  sender.join();
}

TEST_CASE("a client that closes its side is served all the same") {
  Gate gate;
  ScriptedBackend backend([&](Message& request, Peer& peer) {
    if (request.start_line.find("/slow") != std::string::npos) gate.Wait();
    peer.Send(Ok("answer to " + request.start_line));
  });
  Balancer balancer(Native().Backend(backend));

  SECTION("after one request") {
    auto client = balancer.Connect();
    client.Send(kGet);
    client.socket().HalfClose();
    CHECK(client.ReceiveAny().body == "answer to GET / HTTP/1.1");
    CHECK(client.ClosedByServer());
  }
  SECTION("after several") {
    auto client = balancer.Connect();
    client.Send(
        "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\n"
        "Content-Length: 4\r\n\r\nbodyGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    client.socket().HalfClose();
    for (const char* line : {"GET /1", "POST /2", "GET /3"}) {
      CHECK(client.ReceiveAny().body == std::string("answer to ") + line + " HTTP/1.1");
    }
    CHECK(client.ClosedByServer());
  }
  SECTION("when the answer takes longer than a client that is there is taken for granted") {
    auto client = balancer.Connect();
    client.Send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    client.socket().HalfClose();
    CHECK(client.ReceiveAny().status == 100);  // asks whether it is there
    gate.Open();
    CHECK(client.Receive().body == "answer to GET /slow HTTP/1.1");
    CHECK(client.ClosedByServer());
  }
  SECTION("HTTP/1.0 hears nothing but its answer") {
    auto client = balancer.Connect();
    client.Send("GET /slow HTTP/1.0\r\n\r\n");
    client.socket().HalfClose();
    REQUIRE(backend.WaitForRequests(1));
    std::string early;
    CHECK(client.socket().Receive(early, 500ms) == TcpSocket::Got::nothing);
    gate.Open();
    CHECK(client.ReceiveAny().body == "answer to GET /slow HTTP/1.1");
  }
  SECTION("while a large answer is on its way, which it takes slowly") {
    const std::string large = Pattern(6'000'000);
    ScriptedBackend large_backend(Ok(large));
    Balancer other(Native().Backend(large_backend));
    auto client = other.Connect({.receive_buffer = 4096});
    client.Send(kGet);
    client.socket().HalfClose();
    CHECK_FALSE(Eventually([&] { return !other.process().running(); }, 400ms));
    CHECK((client.ReceiveAny().body == large));
  }
}

TEST_CASE("a body that the client's end cuts short is 400, and its upstream request is cancelled") {
  ScriptedBackend backend([](Message&, Peer& peer) { peer.Hang(); }, {.heads_only = true});
  Balancer balancer(Native().Backend(backend));
  const std::string_view begun = GENERATE(
      as<std::string_view>(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  auto client = balancer.Connect();
  client.Send(begun);
  REQUIRE(backend.WaitForRequests(1));
  client.socket().HalfClose();
  CHECK(ProblemMistake(client.ReceiveAny("POST"), 400) == "");
  CHECK(client.ClosedByServer());
  CHECK(Eventually([&] { return backend.open_connections() == 0; }));
}

TEST_CASE("a client that leaves takes its upstream request with it, at once") {
  const bool begun = GENERATE(false, true);
  const bool by_reset = GENERATE(false, true);
  INFO((begun ? "after the response began" : "before it") << (by_reset ? ", by a reset" : ""));
  ScriptedBackend backend([&](Message&, Peer& peer) {
    if (begun) peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n");
    peer.Hang();
  });
  Balancer balancer(Native().Backend(backend));
  auto client = balancer.Connect();
  client.Send(kGet);
  REQUIRE(backend.WaitForRequests(1));
  std::string got;
  if (begun) {
    while (got.find("x\r\n") == std::string::npos) {
      REQUIRE(client.socket().Receive(got) == TcpSocket::Got::bytes);
    }
  }
  by_reset ? client.socket().Reset() : client.socket().Close();
  INFO("a response that has begun must first fall silent");
  CHECK(Eventually([&] { return backend.open_connections() == 0; }, kSanitized ? 8s : 3s));
}

TEST_CASE("bytes behind a last request do not cost its client the response") {
  std::atomic<int> sent = 0;
  int asked = 0;
  ScriptedBackend backend([&](Message&, Peer& peer) {
    ++asked;
    (void)Eventually([&] { return sent >= asked; });
    peer.Send(Ok("whole"));
  });
  Balancer balancer(Native().Backend(backend));
  for (int i = 1; i <= 20; ++i) {
    auto client = balancer.Connect();
    client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    REQUIRE(backend.WaitForRequests(i));
    client.Send("\r\n");
    sent = i;
    CHECK(client.Receive().body == "whole");
    std::string rest;
    CHECK(client.socket().Receive(rest) == TcpSocket::Got::closed);
    INFO("a reset would have followed");
    CHECK(client.socket().Send("more"));
  }
}

TEST_CASE("2,000 slow clients are no hindrance to the others, and are told off") {
  constexpr int kSlow = 2000;
  ScriptedBackend backend(Ok());
  Balancer balancer(Native()
                        .Backend(backend)
                        .Set("server.timeouts.header", kSanitized ? "20s" : "5s")
                        .Set("server.timeouts.body", kSanitized ? "20s" : "5s"));
  std::vector<HttpClient> slow;
  slow.reserve(kSlow);
  for (int i = 0; i < kSlow; ++i) {
    slow.push_back(balancer.Connect());
    slow.back().Send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "
                                : "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx");
  }
  for (int i = 0; i < 200; ++i) REQUIRE(balancer.Get().status == 200);
  CHECK(ProblemMistake(slow.front().Receive(), 408) == "");
  CHECK(ProblemMistake(slow.back().Receive("POST"), 408) == "");
  CHECK(slow.front().ClosedByServer());
  CHECK(slow.back().ClosedByServer());
}

TEST_CASE("a client that is reset right behind its request takes its upstream request with it") {
  ScriptedBackend backend([](Message&, Peer& peer) { peer.Hang(); });
  Balancer balancer(Native().Backend(backend));
  for (int i = 0; i < 20; ++i) {
    auto client = balancer.Connect();
    client.Send(kGet);
    client.socket().Reset();
  }
  CHECK(backend.WaitForRequests(1));
  CHECK(Eventually([&] { return backend.open_connections() == 0; }, kSanitized ? 8s : 3s));
}

TEST_CASE("what a client that is gone has sent ahead is not served") {
  ScriptedBackend backend(Ok());
  Balancer balancer(Native().Backend(backend));
  std::string requests;
  for (int i = 0; i < 400; ++i) requests += kGet;
  auto client = balancer.Connect();
  client.Send(requests);
  client.socket().Reset();
  CHECK(balancer.Get("/after").status == 200);
  CHECK(Eventually([&] { return balancer.Get("/after").status == 200; }));
  CHECK(backend.request_count() < 100);
}

TEST_CASE("a client that takes little at a time, but goes on, is not cut off") {
  ScriptedBackend backend(Ok(Pattern(20'000'000)));
  Balancer balancer(Native().Backend(backend).Set("server.timeouts.body", "500ms"));
  auto client = balancer.Connect({.receive_buffer = 4096});
  client.Send(kGet);
  const Deadline long_enough(3s);
  std::size_t taken = 0;
  while (!long_enough.passed()) {
    char some[8000];
    const auto got = recv(client.socket().fd(), some, sizeof some, 0);
    REQUIRE(got > 0);
    taken += static_cast<std::size_t>(got);
    CHECK_FALSE(Eventually([&] { return !balancer.process().running(); }, 50ms));
  }
  CHECK(taken < 20'000'000);
}

TEST_CASE("a client that floods with refused requests does not keep others waiting") {
  ScriptedBackend backend(Ok());
  Balancer balancer(Native().Backend(backend).DefaultLimits("1", "0.001"));
  std::string requests;
  for (int i = 0; i < 2000; ++i) requests += kGet;
  auto flooder = balancer.Connect();
  std::atomic<bool> done = false;
  std::thread sender([&] {
    while (!done && flooder.socket().Send(requests, 1s)) {
    }
  });
  std::thread reader([&] {
    std::string answers;
    while (flooder.socket().Receive(answers, 5s) == TcpSocket::Got::bytes) answers.clear();
  });
  std::vector<milliseconds> took;
  for (int i = 0; i < 50; ++i) {
    const auto began = SteadyClock::now();
    CHECK(balancer.Get("/", "X-API-Key: other" + std::to_string(i) + "\r\n").status == 200);
    took.push_back(std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began));
  }
  done = true;
  sender.join();
  CHECK(balancer.Stop() == 0);
  reader.join();
  std::sort(took.begin(), took.end());
  INFO("median " << took[took.size() / 2].count() << " ms");
  if (!kSanitized) CHECK(took[took.size() / 2] < 100ms);
}
