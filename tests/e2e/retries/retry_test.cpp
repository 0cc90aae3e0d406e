#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §3.5: what is sent again, to whom, and how often.

using namespace balancer::e2e;

namespace {

const ScriptedBackend::Script kDiesUnanswered = [](Message&, Peer& peer) { peer.Close(); };
const ScriptedBackend::Script kHangs = [](Message&, Peer& peer) {
  peer.Hang();
  peer.Close();
};

// Checks so far apart that only traffic tells that a backend is gone.
BalancerConfig WithoutChecks() {
  return BalancerConfig().Set("ticker_rate_sec", "600");
}

}  // namespace

TEST_CASE("a request that may be repeated goes to the next backend when the first one dies") {
  ScriptedBackend dying(kDiesUnanswered);
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(BalancerConfig().Backend(dying).Backend(sound));
  for (const std::string method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    INFO(method);
    const std::string body = method == "PUT" || method == "DELETE" ? "the body" : "";
    const auto before = dying.request_count();
    for (int i = 0; i < 4; ++i) CHECK(balancer.Call(method, "/", "", body).status == 200);
    CHECK(dying.request_count() > before);
    CHECK(sound.last_request().start_line.starts_with(method));
    CHECK(sound.last_request().body == body);
  }
}

TEST_CASE("a reset is no answer either") {
  ScriptedBackend dying([](Message&, Peer& peer) { peer.Reset(); });
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(BalancerConfig().Backend(dying).Backend(sound));
  for (int i = 0; i < 4; ++i) CHECK(balancer.Get().body == "sound");
  CHECK(dying.request_count() > 0);
}

TEST_CASE("a POST or PATCH that was sent is not sent again") {
  const std::string method = GENERATE(as<std::string>(), "POST", "PATCH");
  ScriptedBackend dying(kDiesUnanswered);
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(BalancerConfig().Backend(dying).Backend(sound));
  std::size_t ok = 0;
  std::size_t bad = 0;
  for (int i = 0; i < 20; ++i) {
    const auto response = balancer.Call(method, "/", "", "pay");
    if (response.status == 200) {
      ++ok;
    } else {
      ++bad;
      CHECK(ProblemMistake(response, 502) == "");
    }
  }
  CHECK(bad > 0);
  CHECK(bad == dying.request_count());
  CHECK(ok == sound.request_count());
}

TEST_CASE("a POST goes to the next backend when the first one refuses the connection") {
  ScriptedBackend gone(Ok());
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(WithoutChecks().Backend(gone).Backend(sound));
  gone.Stop();
  for (int i = 0; i < 10; ++i) {
    const auto response = balancer.Call("POST", "/", "", "pay");
    CHECK(response.status == 200);
    CHECK(response.body == "sound");
  }
  CHECK(sound.request_count() == 10);
  CHECK(sound.last_request().body == "pay");
}

TEST_CASE("at most `attempts` backends are tried for one request") {
  ScriptedBackend first(kDiesUnanswered);
  ScriptedBackend second(kDiesUnanswered);
  ScriptedBackend third(kDiesUnanswered);
  const int attempts = GENERATE(1, 2);
  Balancer balancer(BalancerConfig().Backend(first).Backend(second).Backend(third).Set(
      "upstream.attempts", std::to_string(attempts)));
  CHECK(ProblemMistake(balancer.Get(), 502) == "");
  CHECK(first.request_count() + second.request_count() + third.request_count() ==
        static_cast<std::size_t>(attempts));
}

TEST_CASE("a response timeout is tried again for GET, and is 504 when attempts are used up") {
  ScriptedBackend first(kHangs);
  ScriptedBackend second(kHangs);
  Balancer balancer(
      BalancerConfig().Backend(first).Backend(second).Set("upstream.timeouts.response", "200ms"));
  CHECK(ProblemMistake(balancer.Get(), 504) == "");
  CHECK(first.WaitForRequests(1));
  CHECK(second.WaitForRequests(1));

  CHECK(ProblemMistake(balancer.Call("POST", "/", "", "pay"), 504) == "");
  CHECK(Eventually([&] { return first.request_count() + second.request_count() == 3; }));
}

TEST_CASE("a hanging backend costs a GET its timeout, no error") {
  ScriptedBackend hanging(kHangs);
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(
      BalancerConfig().Backend(hanging).Backend(sound).Set("upstream.timeouts.response", "200ms"));
  for (int i = 0; i < 4; ++i) CHECK(balancer.Get().body == "sound");
  CHECK(hanging.request_count() > 0);
}

TEST_CASE("a kept-alive connection that the backend closes under a GET loses no request") {
  const bool after_reading_it = GENERATE(true, false);
  ScriptedBackend backend([&](Message&, Peer& peer) {
    peer.Send(Ok("fresh"));
    if (after_reading_it) peer.ReadRequest();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("upstream.attempts", "1"));
  auto client = balancer.Connect();
  for (int i = 0; i < 200; ++i) REQUIRE(client.Get().body == "fresh");
}

TEST_CASE("a POST is not sent on a kept-alive connection that is known to be closed") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send(Ok("fresh"));
    peer.HalfClose();
    peer.Hang();  // until the balancer has noticed, and closes as well
    peer.Close();
  });
  Balancer balancer(WithoutChecks().Backend(backend).Set("upstream.attempts", "1"));
  REQUIRE(Eventually([&] { return backend.open_connections() == 0; }));  // the first check's
  auto client = balancer.Connect();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(client.Call("POST", "/", "", "pay").status == 200);
    REQUIRE(Eventually([&] { return backend.open_connections() == 0; }));
  }
  CHECK(backend.request_count() == 20);
}

TEST_CASE("a backend that says Connection: close is not sent another request there") {
  ScriptedBackend backend(Ok("ok", "Connection: close\r\n"));  // and yet it would read on
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (int i = 0; i < 5; ++i) CHECK(client.Get().status == 200);
  CHECK(backend.connections() >= 5);
}

TEST_CASE("once a byte of a response has come, nothing is sent again") {
  const std::string begun = GENERATE(as<std::string>(), "H", "HTTP/1.1 200 O",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n");
  const auto script = [&](Message&, Peer& peer) {
    peer.Send(begun);
    peer.Close();
  };
  ScriptedBackend first(script);
  ScriptedBackend second(script);
  Balancer balancer(BalancerConfig().Backend(first).Backend(second));
  CHECK(ProblemMistake(balancer.Get(), 502) == "");
  CHECK(first.request_count() + second.request_count() == 1);
}

TEST_CASE("a response that breaks off is cut off visibly, not repeated") {
  const std::string begun =
      GENERATE(as<std::string>(), "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.",
               "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nnonsense\r\n");
  INFO(begun);
  const auto script = [&](Message&, Peer& peer) {
    peer.Send(begun);
    peer.Close();
  };
  ScriptedBackend first(script);
  ScriptedBackend second(script);
  Balancer balancer(BalancerConfig().Backend(first).Backend(second));
  auto client = balancer.Connect();
  const auto response = client.Get();
  if (response.whole()) CHECK(ProblemMistake(response, 502) == "");
  CHECK(first.request_count() + second.request_count() == 1);
}

TEST_CASE("a response that breaks off is cut off for an HTTP/1.0 client as well") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.");
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto old = balancer.Connect();
  old.Send("GET / HTTP/1.0\r\n\r\n");
  CHECK(old.Receive().end == Message::End::cut);
}
