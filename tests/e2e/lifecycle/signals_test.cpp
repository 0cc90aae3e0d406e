#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §7: signals, ports and descriptors.

using namespace balancer::e2e;

namespace {

// Answers when it is let go, half before and half after.
struct SlowAnswer {
  std::atomic<bool> let_go = false;
  ScriptedBackend backend{[this](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
    Eventually([this] { return let_go.load(); });
    peer.Send("half");
  }};
  ~SlowAnswer() { let_go = true; }
};

}  // namespace

TEST_CASE("SIGTERM and SIGINT finish what is in flight, take nothing new, and exit 0") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  SlowAnswer slow;
  Balancer balancer(
      BalancerConfig().Backend(slow.backend).Workers(2).Set("server.timeouts.drain", "30s"));
  auto idle = balancer.Connect();
  auto busy = balancer.Connect();
  busy.SendRequest("GET", "/");
  REQUIRE(slow.backend.WaitForRequests(1));
  balancer.process().Signal(signal);
  CHECK(Eventually([&] { return !Listens(balancer.port()); }));
  CHECK(idle.ClosedByServer());
  CHECK(balancer.process().running());
  slow.let_go = true;
  const auto response = busy.Receive();
  CHECK(response.whole());
  CHECK(response.body == "halfhalf");
  CHECK(busy.ClosedByServer());
  INFO(balancer.Log());
  CHECK(balancer.process().Wait() == 0);
}

TEST_CASE("SIGTERM lets a half-sent admin request finish") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.drain", "30s"));
  const std::string body = LimitJson("late", "5", "1");
  HttpClient admin(balancer.admin_port());
  admin.Send("POST /limits/create HTTP/1.1\r\nHost: a\r\nContent-Length: " +
             std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, 10));
  REQUIRE(balancer.Get().status == 200);
  balancer.process().Signal(SIGTERM);
  REQUIRE(Eventually([&] { return !Listens(balancer.port()); }));
  admin.Send(body.substr(10));
  CHECK(admin.Receive("POST").status == 201);
  CHECK(balancer.process().Wait() == 0);
}

TEST_CASE("what is not finished within `drain` is cut off, and the exit is 0") {
  SlowAnswer slow;
  Balancer balancer(BalancerConfig().Backend(slow.backend).Set("server.timeouts.drain", "300ms"));
  auto client = balancer.Connect();
  client.SendRequest("GET", "/");
  REQUIRE(slow.backend.WaitForRequests(1));
  balancer.process().Signal(SIGTERM);
  CHECK(client.Receive().end == Message::End::cut);
  CHECK(balancer.process().Wait() == 0);
}

TEST_CASE("a second signal exits at once with another code") {
  SlowAnswer slow;
  Balancer balancer(BalancerConfig().Backend(slow.backend).Set("server.timeouts.drain", "600s"));
  auto client = balancer.Connect();
  client.SendRequest("GET", "/");
  REQUIRE(slow.backend.WaitForRequests(1));
  balancer.process().Signal(SIGTERM);
  CHECK(Eventually([&] { return !Listens(balancer.port()); }));
  CHECK(balancer.process().running());
  balancer.process().Signal(SIGTERM);
  const auto exit_code = balancer.process().Wait();
  REQUIRE(exit_code.has_value());
  CHECK(*exit_code != 0);
}

TEST_CASE("SIGPIPE does nothing; SIGTERM ends an idle balancer at once, whatever `drain` is") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.drain", "600s"));
  auto idle = balancer.Connect();
  CHECK(idle.Get().status == 200);
  balancer.process().Signal(SIGPIPE);
  CHECK(balancer.Get().status == 200);
  CHECK(balancer.Stop() == 0);
}

TEST_CASE("a port in use is a clear error and exit 1") {
  ScriptedBackend backend(Ok());
  const TempDir dir;
  const auto refused = [&](BalancerConfig config) {
    const auto finished = RunBalancer({"--config-path", dir.Write("c.yaml", config.Yaml())});
    INFO(finished.output);
    CHECK(finished.exit_code == 1);
    return finished.output;
  };
  SECTION("by another program") {
    ScriptedBackend other(Ok());
    for (const std::string share : {"true", "false"}) {
      CHECK_THAT(refused(BalancerConfig()
                             .Backend(backend)
                             .Set("server.share_port", share)
                             .Set("server.port", std::to_string(other.port()))),
                 Catch::Contains(std::to_string(other.port())));
    }
  }
  SECTION("the admin port") {
    ScriptedBackend other(Ok());
    CHECK_THAT(
        refused(BalancerConfig().Backend(backend).Set("admin.port", std::to_string(other.port()))),
        Catch::Contains(std::to_string(other.port())));
  }
  SECTION("by a balancer, unless both share it") {
    const auto [first, second] = GENERATE(table<std::string, std::string>(
        {{"false", "false"}, {"false", "true"}, {"true", "false"}}));
    Balancer balancer(BalancerConfig().Backend(backend).Set("server.share_port", first).Workers(2));
    INFO(first << " and then " << second);
    CHECK_THAT(refused(BalancerConfig()
                           .Backend(backend)
                           .Set("server.share_port", second)
                           .Set("server.port", std::to_string(balancer.port()))),
               Catch::Contains(std::to_string(balancer.port())));
    CHECK(balancer.Get().status == 200);
  }
}

TEST_CASE("two balancers that both share a port both serve it") {
  ScriptedBackend one(Ok("one"));
  ScriptedBackend two(Ok("two"));
  Balancer first(BalancerConfig().Backend(one).Set("server.share_port", "true"));
  Balancer second(BalancerConfig()
                      .Backend(two)
                      .Set("server.share_port", "true")
                      .Set("server.port", std::to_string(first.port())));
  CHECK(Eventually([&] {
    return first.Get().status == 200 && one.request_count() > 0 && two.request_count() > 0;
  }));
}

TEST_CASE("a port is free again right after its balancer has gone") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (int i = 0; i < 3; ++i) {
    auto client = balancer.Connect();
    CHECK(client.Get().status == 200);
    balancer.Restart();
  }
  CHECK(balancer.Get().status == 200);
}

// UBSan's own check of an object's type opens a pipe, and without one takes the object for garbage:
// the two tests that leave no descriptor are not for it.

TEST_CASE("too few descriptors to start with are a clear error and exit 1") {
  if (kSanitized) return;
  ScriptedBackend backend(Ok());
  const TempDir dir;
  const auto file = dir.Write("c.yaml", BalancerConfig().Backend(backend).Workers(2).Yaml());
  std::size_t too_few = 8;  // enough for the ports
  for (bool serves = false; !serves; ++too_few) {
    INFO(too_few << " descriptors");
    Process process({BALANCER_PROGRAM, "--config-path", file}, {.open_files = too_few});
    REQUIRE(Eventually([&] { return !process.running() || process.LogHas("listening on"); }));
    serves = process.running();
    if (serves) continue;
    INFO(process.Log());
    CHECK(process.Wait() == 1);
    CHECK(process.LogHas("Too many open files"));
  }
  CHECK(too_few > 16);
}

TEST_CASE("running out of descriptors pauses accepting, spins nothing, and passes") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).OpenFiles(100).Set("server.max_connections",
                                                                         GENERATE("0", "100000")));
  std::vector<HttpClient> crowd;
  for (int i = 0; i < 150; ++i) crowd.push_back(balancer.Connect());
  auto& process = balancer.process();
  REQUIRE(Eventually([&] { return process.OpenFiles() >= 30; }));

  const auto before = process.CpuTime();
  CHECK_FALSE(Eventually([&] { return !process.running(); }, 2s));
  if (!kSanitized) CHECK(process.CpuTime() - before < 200ms);

  crowd.clear();
  CHECK(Eventually([&] { return balancer.Get().status == 200; }));
  CHECK(Eventually([&] { return process.OpenFiles() < 30; }));
}

TEST_CASE("running out of descriptors turns no backend down") {
  if (kSanitized) return;
  SlowAnswer slow;
  Balancer balancer(BalancerConfig()
                        .Backend(slow.backend)
                        .OpenFiles(64)
                        .Set("server.max_connections", "100000")
                        .Set("upstream.timeouts.response", "60s"));
  auto& process = balancer.process();
  std::vector<HttpClient> crowd;
  for (int i = 0; i < 40; ++i) {
    crowd.push_back(balancer.Connect());
    crowd.back().SendRequest("GET", "/");
  }
  REQUIRE(Eventually([&] { return process.OpenFiles() >= 60; }));
  INFO("several health checks come due meanwhile");
  CHECK_FALSE(Eventually([&] { return !process.running(); }, 3500ms));

  crowd.clear();
  slow.let_go = true;
  CHECK(Eventually([&] { return process.OpenFiles() < 40; }));
  CHECK(balancer.Get().status == 200);
  INFO(balancer.Log());
  CHECK_FALSE(process.LogHas("is down"));
}

TEST_CASE("max_connections clients at once; more wait unaccepted, and get their turn") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.max_connections", "3"),
                    Balancer::Wait::not_at_all);
  REQUIRE(Eventually([&] { return Listens(balancer.port()); }));
  std::vector<HttpClient> served;
  for (int i = 0; i < 3; ++i) {
    served.push_back(balancer.Connect());
    CHECK(served.back().Get().status == 200);
  }
  auto waiting = balancer.Connect();
  waiting.SendRequest("GET", "/late");
  CHECK(waiting.Receive("GET", 300ms).end == Message::End::timeout);
  CHECK(backend.request_count() == 3);
  served.pop_back();
  CHECK(backend.WaitForRequests(4));
  CHECK(served.front().Get().status == 200);
}

TEST_CASE("the limit on open files is raised to its hard value") {
  ScriptedBackend backend(Ok());
  const auto config = BalancerConfig().Backend(backend);
  const TempDir dir;
  Process process({"sh", "-c", "ulimit -Sn 64 && exec \"$0\" --config-path \"$1\"",
                   BALANCER_PROGRAM, dir.Write("config.yaml", config.Yaml())});
  REQUIRE(Eventually([&] { return Listens(config.port()) || !process.running(); }));
  std::vector<HttpClient> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(config.port());
    REQUIRE(clients.back().Get().status == 200);
  }
  clients.clear();
  process.Signal(SIGTERM);
  CHECK(process.Wait() == 0);
}
