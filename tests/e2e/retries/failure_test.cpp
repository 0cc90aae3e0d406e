#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §3.6: what the client gets when a backend fails, and what a backend sees of a client
// that leaves.

using namespace balancer::e2e;

TEST_CASE("a backend that talks nonsense is 502") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::string nonsense = GENERATE_COPY(
      as<std::string>(), "\x16\x03\x01 this is no HTTP\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "ICY 200 OK\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 099 Low\r\n\r\n",
      ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok!", ok + "Content-Length: +2\r\n\r\nok",
      ok + "Content-Length: -1\r\n\r\n", ok + "Content-Length: 99999999999999999999\r\n\r\n",
      ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      ok + "Bad Name: x\r\nContent-Length: 0\r\n\r\n", ok + "No colon\r\n\r\n",
      ok + "X-A: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
      ok + "X-A: b" + std::string(1, '\0') + "c\r\nContent-Length: 0\r\n\r\n",
      ok + "X-A: b\rc\r\nContent-Length: 0\r\n\r\n");
  INFO(nonsense);
  ScriptedBackend backend([&](Message&, Peer& peer) {
    peer.Send(nonsense);
    peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.timeouts.response", "5s"));
  CHECK(ProblemMistake(balancer.Get(), 502) == "");
  CHECK(backend.request_count() == 1);
  CHECK(balancer.process().running());
}

TEST_CASE("a backend of another protocol is 502 at its first line, head or no head") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send("SSH-2.0-x\r\n");
    peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.timeouts.response", "60s"));
  auto client = balancer.Connect();
  client.SendRequest("GET", "/");
  CHECK(ProblemMistake(client.Receive("GET", 10s), 502) == "");
}

TEST_CASE("a backend whose head never ends is 502, and costs no memory") {
  const std::string piece = GENERATE(as<std::string>(), "x", "X-Field: value\r\n");
  ScriptedBackend backend([&](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nX-Begin: ");
    std::string block;
    while (block.size() < 10'000) block += piece;
    while (peer.Send(block)) {
    }
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto before = balancer.process().ResidentBytes();
  CHECK(ProblemMistake(balancer.Get(), 502) == "");
  CHECK(Eventually([&] { return backend.open_connections() == 0 || backend.health_checks() > 0; }));
  if (!kSanitized) CHECK(balancer.process().ResidentBytes() < before + 4'000'000);
}

TEST_CASE("a backend that sends interim responses without end is not listened to for ever") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    while (peer.Send("HTTP/1.1 102 Processing\r\n\r\n")) std::this_thread::sleep_for(1ms);
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.timeouts.response", "1s"));
  const auto status = balancer.Get().status;
  CHECK((status == 502 || status == 504));
}

TEST_CASE("a backend that says nothing is 504, one that closes without a word 502") {
  ScriptedBackend backend([](Message& request, Peer& peer) {
    if (request.start_line.find("/hang") != std::string::npos) peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Set("upstream.timeouts.response", "300ms")
                        .Set("upstream.attempts", "1"));
  auto client = balancer.Connect();
  CHECK(ProblemMistake(client.Get("/hang"), 504) == "");
  CHECK(ProblemMistake(client.Get("/close"), 502) == "");
}

TEST_CASE("a response that stalls is cut off after the idle timeout") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.");
    peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.timeouts.idle", "300ms"));
  const auto response = balancer.Get();
  CHECK(response.status == 200);
  CHECK(response.end == Message::End::cut);
}

TEST_CASE("a backend that takes a body slowly is not given up, one that takes nothing is") {
  constexpr int kLines = 5000;
  std::atomic<bool> done = false;
  ScriptedBackend backend(
      [&](Message& request, Peer& peer) {
        if (request.start_line.find("/stuck") != std::string::npos) {
          (void)Eventually([&] { return done.load(); });
          return peer.Close();
        }
        const Deadline thrice_idle(1200ms);
        std::string line;
        for (int i = 0; i < kLines && peer.ReadLine(line); ++i) {
          // A pace at which the kernel, that asks for more in lumps, does not within the timeout.
          if (!thrice_idle.passed()) std::this_thread::sleep_for(5ms);
        }
        peer.Send(Ok("all"));
      },
      {.heads_only = true, .receive_buffer = 4096});
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.timeouts.idle", "400ms"));
  std::string body;
  for (int i = 0; i < kLines; ++i) body += std::string(999, 'x') + '\n';
  CHECK(balancer.Call("PUT", "/", "", body).body == "all");
  CHECK(balancer.Call("PUT", "/stuck", "", body).status == 504);
  done = true;
}

TEST_CASE("what a backend sends past its response reaches no client") {
  ScriptedBackend backend(Ok("ok") + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (int i = 0; i < 20; ++i) CHECK(client.Get().body == "ok");
}

TEST_CASE("a connect that is not answered in time goes on to the next backend") {
  ScriptedBackend stuck(Ok("stuck"));
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(BalancerConfig()
                        .Backend(stuck)
                        .Backend(sound)
                        .Set("ticker_rate_sec", "600")
                        .Set("upstream.timeouts.connect", "200ms"));
  stuck.Stop();
  // A listener whose queue is full drops further connects silently.
  const TcpSocket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(stuck.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(bind(listener.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener.fd(), 0) == 0);
  const auto filler = TcpSocket::Connect(stuck.port());

  for (int i = 0; i < 6; ++i) CHECK(balancer.Call("POST", "/", "", "pay").body == "sound");
}

TEST_CASE("a client that leaves takes its upstream request with it") {
  const bool answer_begun = GENERATE(true, false);
  const bool by_reset = GENERATE(true, false);
  ScriptedBackend backend([&](Message&, Peer& peer) {
    if (answer_begun) peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.");
    peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("ticker_rate_sec", "600"));
  CHECK(Eventually([&] { return backend.health_checks() > 0; }));
  auto client = balancer.Connect();
  client.SendRequest("GET", "/");
  REQUIRE(backend.WaitForRequests(1));
  const auto with_request = backend.open_connections();
  if (by_reset) {
    client.socket().Reset();
  } else {
    client.socket().Close();
  }
  CHECK(Eventually([&] { return backend.open_connections() < with_request; }));
  CHECK(balancer.process().running());
}

TEST_CASE("errors name no library and no socket call") {
  ScriptedBackend backend([](Message&, Peer& peer) { peer.Close(); });
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto response = balancer.Get();
  CHECK(ProblemMistake(response, 502) == "");
  for (const char* leak : {"errno", "libevent", "evhttp", "ECONN", "127.0.0.1"}) {
    CHECK(response.body.find(leak) == std::string::npos);
  }
}

TEST_CASE("a reset right behind a part of a response cuts it off at once") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(1000, 'x'));
    peer.Reset();
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  for (int i = 0; i < 50; ++i) {
    const auto response = balancer.Connect().Get();
    CHECK((response.end == Message::End::cut || response.status == 502));
  }
}

TEST_CASE("a response until close that is reset while the client sends is not taken for whole") {
  ScriptedBackend backend(
      [](Message&, Peer& peer) {
        peer.Send("HTTP/1.1 200 OK\r\n\r\nsome of it");
        peer.Reset();
      },
      {.heads_only = true});
  Balancer balancer(BalancerConfig().Backend(backend));
  for (int i = 0; i < 30; ++i) {
    auto client = balancer.Connect();
    client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    for (int piece = 0; piece < 20 && client.Send(std::string(10'000, 'x')); ++piece) {
    }
    const auto response = client.Receive("POST");
    CHECK_FALSE((response.status == 200 && response.whole()));
  }
}
