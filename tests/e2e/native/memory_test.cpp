#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// What the native front end's connections cost. Sanitizers run this but for the figures.

using namespace balancer::e2e;

TEST_CASE("5,000 idle connections after a request each cost 1 KiB each at most") {
  constexpr int kClients = 5000;
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Set("server.frontend", "native")
                        .Set("server.timeouts.idle", "600s"));
  auto& process = balancer.process();
  for (int i = 0; i < 200; ++i) REQUIRE(balancer.Get().status == 200);
  const auto before = process.ResidentBytes();

  std::vector<HttpClient> clients;
  clients.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(balancer.Connect());
    REQUIRE(clients.back().Get().status == 200);
  }
  const auto after = process.ResidentBytes();
  INFO("resident before " << before << ", after " << after);
  CHECK(process.OpenFiles() > kClients);
  if (!kSanitized) CHECK(after < before + kClients * 1024);
  INFO("and they are still served");
  CHECK(clients.front().Get().status == 200);
  CHECK(clients.back().Get().status == 200);
}

TEST_CASE("a response against a client that reads nothing costs less than 1 MB") {
  std::atomic<std::size_t> sent = 0;
  ScriptedBackend backend([&](Message& request, Peer& peer) {
    if (request.start_line.find("/large") == std::string::npos) {
      peer.Send(Ok(std::string(500'000, 'x')));
      return;
    }
    const std::string block(1 << 20, 'x');
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n");
    for (int i = 0; i < 200 && peer.Send(block); ++i) sent += block.size();
  });
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.frontend", "native"));
  auto& process = balancer.process();
  for (int i = 0; i < 20; ++i) REQUIRE(balancer.Get().status == 200);
  const auto before = process.ResidentBytes();

  auto lazy = balancer.Connect({.receive_buffer = 4096});
  lazy.SendRequest("GET", "/large");
  REQUIRE(Eventually([&] { return sent > 0; }));
  std::size_t last = 0;
  auto since = SteadyClock::now();
  REQUIRE(Eventually([&] {  // until nothing has moved for a while
    if (sent != last) since = SteadyClock::now();
    last = sent;
    return SteadyClock::now() - since > 500ms;
  }));
  CHECK(sent < 60'000'000);
  const auto after = process.ResidentBytes();
  INFO("resident before " << before << ", after " << after);
  if (!kSanitized) CHECK(after < before + 1'000'000);
}
