#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// Issue "it must show": bounded memory, and nothing left behind. Under sanitizers all of this runs,
// but for the figures of memory: shadows and freed blocks that are kept say nothing.

using namespace balancer::e2e;

namespace {

constexpr std::size_t kMiB = 1 << 20;

std::string SomeMiB(std::size_t count) {
  return std::string(count * kMiB, 'x');
}

// A bound on memory: the native front end needs less of it.
std::size_t Bound(std::size_t native, std::size_t evhttp) {
  return FrontendUnderTest() == "native" ? native : evhttp;
}

void CheckGrowth(std::size_t before, std::size_t after, std::size_t at_most) {
  INFO("resident before " << before << ", after " << after);
  if (!kSanitized) CHECK(after < before + at_most);
}

}  // namespace

TEST_CASE("200 MB to a client that reads nothing cost 1 MB (evhttp: 4), and are held back") {
  const bool chunked = GENERATE(false, true);
  std::atomic<std::size_t> sent = 0;
  ScriptedBackend backend([&](Message& request, Peer& peer) {
    if (request.start_line.find("/small") != std::string::npos) {
      peer.Send(Ok());
      return;
    }
    const std::string block = SomeMiB(1);
    peer.Send(chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      : "HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n");
    for (int i = 0; i < 200; ++i) {
      if (!peer.Send(chunked ? "100000\r\n" + block + "\r\n" : block)) break;
      sent += kMiB;
    }
    if (chunked) peer.Send("0\r\n\r\n");
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  for (int i = 0; i < 10; ++i) CHECK(balancer.Get("/small").status == 200);
  auto& process = balancer.process();
  const auto before = process.ResidentBytes();

  auto lazy = balancer.Connect({.receive_buffer = 4096});
  lazy.SendRequest("GET", "/large");
  REQUIRE(Eventually([&] { return sent > 0; }));
  std::size_t last = 0;
  SteadyClock::time_point since = SteadyClock::now();
  REQUIRE(Eventually([&] {  // until nothing has moved for a while
    if (sent != last) since = SteadyClock::now();
    last = sent;
    return SteadyClock::now() - since > 500ms;
  }));
  INFO("the kernel's buffers take what they take; the rest has to wait at the backend");
  CHECK(sent < 60 * kMiB);
  CheckGrowth(before, process.ResidentBytes(), Bound(1'000'000, 4'000'000));
  CHECK(balancer.Get("/small").status == 200);
}

TEST_CASE("a held back response goes on when the client reads") {
  const std::string body = Pattern(30'000'000);
  ScriptedBackend backend(Ok(body));
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect({.receive_buffer = 4096});
  client.SendRequest("GET", "/");
  REQUIRE(backend.WaitForRequests(1));
  CHECK_FALSE(Eventually([&] { return !balancer.process().running(); }, 300ms));
  CHECK((client.Receive("GET", 2 * kPatience).body == body));
}

TEST_CASE("a client that pipelines without end and reads nothing is not read without end") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (int i = 0; i < 200; ++i) REQUIRE(balancer.Get().status == 200);
  auto& process = balancer.process();
  const auto before = process.ResidentBytes();

  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  auto client = balancer.Connect({.receive_buffer = 4096});
  const Deadline deadline(2s);
  while (!deadline.passed() && client.socket().Send(requests, deadline.left())) {
  }
  INFO("it was cut off or held back, and others are served");
  CheckGrowth(before, process.ResidentBytes(), 2'000'000);
  CHECK(balancer.Get().status == 200);
}

TEST_CASE("5,000 idle connections after a request each cost 1 KiB each at most (evhttp: 4)") {
  constexpr int kClients = 5000;
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.idle", "600s"));
  auto& process = balancer.process();
  for (int i = 0; i < 200; ++i) REQUIRE(balancer.Get().status == 200);
  const auto before = process.ResidentBytes();

  std::vector<HttpClient> clients;
  clients.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(balancer.Connect());
    REQUIRE(clients.back().Get().status == 200);
  }
  CHECK(process.OpenFiles() > kClients);
  CheckGrowth(before, process.ResidentBytes(), kClients * Bound(1024, 4096));
  INFO("and they are still served");
  CHECK(clients.front().Get().status == 200);
  CHECK(clients.back().Get().status == 200);
}

TEST_CASE("1,000 clients that leave in the middle leave nothing behind") {
  ScriptedBackend backend([](Message& request, Peer& peer) {
    if (request.start_line.find("/small") != std::string::npos) {
      peer.Send(Ok());
    } else if (request.start_line.find("/hang") != std::string::npos) {
      peer.Hang();
      peer.Close();
    } else {
      peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(300'000, 'x'));
      peer.Hang();
      peer.Close();
    }
  });
  Balancer balancer(BalancerConfig().Backend(backend).Workers(2));
  auto& process = balancer.process();
  const std::vector<std::string> beginnings = {
      "",
      "GET / HT",
      "GET / HTTP/1.1\r\nHost: a\r\nX-Half: ",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe",
      "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /hang HTTP/1.1\r\nHost: a\r\n\r\nGET /pipelined HTTP/1.1\r\nHost: a\r\n\r\n",
  };
  const auto leave_in_the_middle = [&](int count) {
    for (int i = 0; i < count; ++i) {
      const auto& beginning = beginnings[static_cast<std::size_t>(i) % beginnings.size()];
      const auto seen = backend.request_count();
      auto client = balancer.Connect();
      client.Send(beginning);
      if (beginning.starts_with("GET /hang")) REQUIRE(backend.WaitForRequests(seen + 1));
      if (beginning.starts_with("GET /large")) {
        std::string some;
        REQUIRE(client.socket().Receive(some) == TcpSocket::Got::bytes);
      }
      if (i % 3 == 0) client.socket().Reset();
    }
  };
  const auto settles_at = [&](std::size_t files) {
    return Eventually([&] { return process.OpenFiles() <= files; });
  };
  REQUIRE(balancer.Get("/small").status == 200);
  leave_in_the_middle(300);  // what grows once: pools, arenas, the allocator's caches
  REQUIRE(balancer.Get("/small").status == 200);
  INFO("open files: a handful, and the kept-alive upstream connections");
  REQUIRE(settles_at(60));
  const auto files = process.OpenFiles();
  const auto resident = process.ResidentBytes();

  leave_in_the_middle(1000);
  CHECK(balancer.Get("/small").status == 200);
  CHECK(settles_at(files + 2));
  CheckGrowth(resident, process.ResidentBytes(), kMiB);
  CHECK(Eventually([&] { return backend.open_connections() <= 3; }));
}

TEST_CASE("a worker is a thread, and idle workers do nothing") {
  ScriptedBackend backend(Ok());
  Balancer one(BalancerConfig().Backend(backend).Set("ticker_rate_sec", "600"));
  Balancer four(BalancerConfig().Backend(backend).Workers(4).Set("ticker_rate_sec", "600"));
  CHECK(Eventually([&] { return four.process().Threads() == one.process().Threads() + 3; }));
  const auto before = four.process().CpuTime();
  CHECK_FALSE(Eventually([&] { return !four.process().running(); }, 1s));
  if (!kSanitized) CHECK(four.process().CpuTime() - before <= 50ms);
}
