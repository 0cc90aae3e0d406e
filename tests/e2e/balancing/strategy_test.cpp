#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"
#include "tests/e2e/support/load.hpp"

// CONTRACT §3, balancing: exact, with any number of workers.

using namespace balancer::e2e;

namespace {

// A backend that answers nothing until it is let go.
class HoldingBackend {
 public:
  std::size_t held() const { return backend_.request_count(); }
  const ScriptedBackend& backend() const { return backend_; }
  void LetGo() { let_go_ = true; }
  ~HoldingBackend() { LetGo(); }

 private:
  std::atomic<bool> let_go_ = false;
  ScriptedBackend backend_{[this](Message&, Peer& peer) {
    Eventually([this] { return let_go_.load(); });
    peer.Send(Ok("held"));
  }};
};

}  // namespace

TEST_CASE("3,000 requests over three backends are 1,000 each") {
  const int workers = GENERATE(1, 4);
  TestBackend a;
  TestBackend b;
  TestBackend c;
  Balancer balancer(BalancerConfig().Backend(a).Backend(b).Backend(c).Workers(workers));
  const auto seen = Load(balancer.port(), {.connections = 8, .requests = 3000}).Finish();
  INFO(seen.first_failure);
  CHECK(seen.ok() == 3000);
  CHECK(seen.by_server ==
        std::map<std::string, int>{{a.address(), 1000}, {b.address(), 1000}, {c.address(), 1000}});
}

TEST_CASE("counts differ by one at most when the number does not divide") {
  TestBackend a;
  TestBackend b;
  TestBackend c;
  Balancer balancer(BalancerConfig().Backend(a).Backend(b).Backend(c).Workers(4));
  const auto seen = Load(balancer.port(), {.connections = 4, .requests = 1000}).Finish();
  REQUIRE(seen.by_server.size() == 3);
  for (const auto& [server, count] : seen.by_server) CHECK((count == 333 || count == 334));
}

TEST_CASE("weighted round-robin is exact and smooth") {
  ScriptedBackend heavy(Ok("h"));
  ScriptedBackend light(Ok("l"));
  Balancer balancer(BalancerConfig().Backend(heavy, 3).Backend(light, 1));
  auto client = balancer.Connect();
  std::string order;
  for (int i = 0; i < 400; ++i) order += client.Get().body;
  CHECK(std::count(order.begin(), order.end(), 'h') == 300);
  CHECK(std::count(order.begin(), order.end(), 'l') == 100);
  INFO(order.substr(0, 40));
  CHECK(order.find("ll") == std::string::npos);
  CHECK(order.find("hhhhhh") == std::string::npos);
}

TEST_CASE("least-connections fills the emptiest backend, all workers together") {
  const int workers = GENERATE(1, 4);
  HoldingBackend a;
  HoldingBackend b;
  HoldingBackend c;
  Balancer balancer(BalancerConfig()
                        .Backend(a.backend())
                        .Backend(b.backend())
                        .Backend(c.backend())
                        .Set("strategy", "least-connections")
                        .Workers(workers));
  std::vector<HttpClient> clients;
  for (std::size_t i = 1; i <= 12; ++i) {
    clients.push_back(balancer.Connect());
    clients.back().SendRequest("GET", "/");
    REQUIRE(Eventually([&] { return a.held() + b.held() + c.held() == i; }));
  }
  CHECK(a.held() == 4);
  CHECK(b.held() == 4);
  CHECK(c.held() == 4);
  a.LetGo();
  b.LetGo();
  c.LetGo();
  for (auto& client : clients) CHECK(client.Receive().status == 200);
}

TEST_CASE("least-connections counts by weight") {
  HoldingBackend heavy;
  HoldingBackend light;
  Balancer balancer(BalancerConfig()
                        .Backend(heavy.backend(), 3)
                        .Backend(light.backend(), 1)
                        .Set("strategy", "least-connections"));
  std::vector<HttpClient> clients;
  for (std::size_t i = 1; i <= 8; ++i) {
    clients.push_back(balancer.Connect());
    clients.back().SendRequest("GET", "/");
    REQUIRE(Eventually([&] { return heavy.held() + light.held() == i; }));
  }
  CHECK(heavy.held() == 6);
  CHECK(light.held() == 2);
}

TEST_CASE("least-connections leaves a slow backend alone, and takes turns among equals") {
  HoldingBackend slow;
  ScriptedBackend quick(Ok("quick"));
  ScriptedBackend other(Ok("other"));
  Balancer balancer(BalancerConfig()
                        .Backend(slow.backend())
                        .Backend(quick)
                        .Backend(other)
                        .Set("strategy", "least-connections"));
  std::vector<HttpClient> clients;
  for (std::size_t i = 1; slow.held() == 0; ++i) {
    REQUIRE(i <= 3);
    clients.push_back(balancer.Connect());
    clients.back().SendRequest("GET", "/");
    REQUIRE(Eventually(
        [&] { return slow.held() + quick.request_count() + other.request_count() == i; }));
  }
  auto client = balancer.Connect();
  std::map<std::string, int> answers;
  for (int i = 0; i < 40; ++i) ++answers[client.Get().body];
  CHECK(answers["held"] == 0);
  CHECK(answers["quick"] >= 15);
  CHECK(answers["other"] >= 15);
}

TEST_CASE("a request that ended gives its place back, a cancelled one too") {
  ScriptedBackend a([](Message&, Peer& peer) {
    peer.Hang();
    peer.Close();
  });
  ScriptedBackend b([](Message&, Peer& peer) {
    peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(a).Backend(b).Set("strategy", "least-connections"));
  for (std::size_t round = 1; round <= 5; ++round) {
    // Were places not given back, the two of a round could meet on one backend.
    auto one = balancer.Connect();
    auto two = balancer.Connect();
    one.SendRequest("GET", "/");
    REQUIRE(Eventually([&] { return a.request_count() + b.request_count() == 2 * round - 1; }));
    two.SendRequest("GET", "/");
    REQUIRE(Eventually([&] { return a.request_count() + b.request_count() == 2 * round; }));
    CHECK(a.request_count() == b.request_count());
    const auto open = a.open_connections() + b.open_connections();
    one.socket().Close();
    two.socket().Close();
    REQUIRE(Eventually([&] { return a.open_connections() + b.open_connections() <= open - 2; }));
  }
}
