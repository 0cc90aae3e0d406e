#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"
#include "tests/e2e/support/load.hpp"

// CONTRACT §3, health: who is checked, when, and what follows.

using namespace balancer::e2e;

namespace {

using Health = ScriptedBackend::Health;

// How many of the next 12 requests this backend gets.
std::size_t ShareOf(const ScriptedBackend& backend, HttpClient& client) {
  const auto before = backend.request_count();
  for (int i = 0; i < 12; ++i) client.Get();
  return backend.request_count() - before;
}

}  // namespace

TEST_CASE("the first client is served after the first check, however slow that is") {
  ScriptedBackend slow_check([](Message&, Peer& peer) { peer.Send(Ok()); },
                             {.health_delay = 700ms});
  Balancer balancer(BalancerConfig().Backend(slow_check), Balancer::Wait::not_at_all);
  REQUIRE(Eventually([&] { return Listens(balancer.port()); }));
  CHECK(balancer.Get().status == 200);
  balancer.WaitUntilItServes();
}

TEST_CASE(
    "the first client waits for every backend's first check, however often others are checked") {
  ScriptedBackend gone(Ok());  // checked again within a second
  gone.Stop();
  ScriptedBackend slow_check([](Message&, Peer& peer) { peer.Send(Ok()); },
                             {.health_delay = 1500ms});
  Balancer balancer(BalancerConfig().Backend(gone).Backend(slow_check), Balancer::Wait::not_at_all);
  REQUIRE(Eventually([&] { return Listens(balancer.port()); }));
  CHECK(balancer.Get().status == 200);
  balancer.WaitUntilItServes();
}

TEST_CASE("a backend that fails its first check gets no traffic") {
  ScriptedBackend sick(Ok("sick"));
  sick.SetHealth(Health::failing);
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(BalancerConfig().Backend(sick).Backend(sound));
  auto client = balancer.Connect();
  for (int i = 0; i < 10; ++i) CHECK(client.Get().body == "sound");
  CHECK(sick.request_count() == 0);
}

TEST_CASE("with no healthy backend there is 503 with Retry-After") {
  ScriptedBackend sick(Ok());
  sick.SetHealth(Health::failing);
  Balancer balancer(BalancerConfig().Backend(sick));
  const auto response = balancer.Get();
  CHECK(ProblemMistake(response, 503) == "");
  CHECK(std::stoi("0" + response.Field("Retry-After")) >= 1);
  sick.SetHealth(Health::passing);
  CHECK(Eventually([&] { return balancer.Get().status == 200; }));
}

TEST_CASE("checks go on every ticker_rate_sec, to each backend") {
  ScriptedBackend a(Ok());
  ScriptedBackend b(Ok());
  Balancer balancer(BalancerConfig().Backend(a).Backend(b));
  const auto begin = SteadyClock::now();
  REQUIRE(Eventually([&] { return a.health_checks() >= 4 && b.health_checks() >= 4; }));
  CHECK(SteadyClock::now() - begin > 1500ms);
}

TEST_CASE("fall and rise results in a row turn a backend") {
  ScriptedBackend turning(Ok("turning"));
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(
      BalancerConfig().Backend(turning, 1, "config: {health: {rise: 2, fall: 2}}").Backend(sound));
  auto client = balancer.Connect();
  CHECK(ShareOf(turning, client) == 6);

  turning.SetHealth(Health::failing);
  auto checks = turning.health_checks();
  REQUIRE(Eventually([&] { return ShareOf(turning, client) == 0; }));
  CHECK(turning.health_checks() >= checks + 2);

  turning.SetHealth(Health::passing);
  checks = turning.health_checks();
  REQUIRE(Eventually([&] { return ShareOf(turning, client) == 6; }));
  CHECK(turning.health_checks() >= checks + 2);
}

TEST_CASE("one failed check between passed ones turns nothing") {
  ScriptedBackend shaky(Ok("shaky"));
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(
      BalancerConfig().Backend(shaky, 1, "config: {health: {fall: 2}}").Backend(sound));
  auto client = balancer.Connect();
  const auto checks = shaky.health_checks();
  shaky.SetHealth(Health::failing);
  REQUIRE(Eventually([&] { return shaky.health_checks() > checks; }));
  shaky.SetHealth(Health::passing);
  REQUIRE(Eventually([&] {
    CHECK(ShareOf(shaky, client) == 6);
    return shaky.health_checks() > checks + 2;
  }));
}

TEST_CASE("a check is what its configuration says") {
  const auto [health, answer, passes] = GENERATE(table<std::string, std::string, bool>({
      {"{expect: \"204\"}", "204 No Content", true},
      {"{expect: \"204\"}", "200 OK", false},
      {"{expect: \"200-299,304\"}", "299 Odd", true},
      {"{expect: \"200-299,304\"}", "304 Not Modified", true},
      {"{expect: \"200-299,304\"}", "300 Many", false},
      {"{method: HEAD, url: /deep/health}", "200 OK", true},
  }));
  INFO(health << " and an answer of " << answer);
  const bool bodiless = answer.starts_with("204") || answer.starts_with("304");
  ScriptedBackend backend([](Message&, Peer& peer) { peer.Send(Ok()); },
                          {.health_answer = "HTTP/1.1 " + answer + "\r\n" +
                                            (bodiless ? "\r\n" : "Content-Length: 0\r\n\r\n")});
  Balancer balancer(BalancerConfig().Backend(backend, 1, "config: {health: " + health + "}"));
  CHECK(balancer.Get().status == (passes ? 200 : 503));
  const bool custom = health.find("HEAD") != std::string::npos;
  const auto check = backend.health_requests().at(0);
  CHECK(check.start_line == (custom ? "HEAD /deep/health HTTP/1.1" : "GET /health HTTP/1.1"));
  CHECK(check.Field("Host") == "127.0.0.1:" + std::to_string(backend.port()));
}

TEST_CASE("a hung backend delays no other's checks") {
  ScriptedBackend hung(Ok());
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(
      BalancerConfig().Backend(hung, 1, "config: {health: {timeout: 60s}}").Backend(sound));
  hung.SetHealth(Health::hanging);
  const auto hung_checks = hung.health_checks();
  REQUIRE(Eventually([&] { return hung.health_checks() > hung_checks; }));
  const auto checks = sound.health_checks();
  CHECK(Eventually([&] { return sound.health_checks() >= checks + 3; }));
}

TEST_CASE("a check that hangs is failed after its timeout, at start-up too") {
  ScriptedBackend hung(Ok("hung"));
  hung.SetHealth(Health::hanging);
  ScriptedBackend sound(Ok("sound"));
  Balancer balancer(
      BalancerConfig().Backend(hung, 1, "config: {health: {timeout: 300ms}}").Backend(sound));
  auto client = balancer.Connect();
  for (int i = 0; i < 10; ++i) CHECK(client.Get().body == "sound");
}

TEST_CASE("only turns are logged, with their reason") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto next_checks = [&](std::size_t count) {
    const auto until = backend.health_checks() + count;
    return Eventually([&] { return backend.health_checks() >= until; });
  };
  REQUIRE(next_checks(1));
  auto log = balancer.Log();
  REQUIRE(next_checks(2));
  CHECK(balancer.Log() == log);

  backend.SetHealth(Health::failing);
  REQUIRE(next_checks(4));
  const auto with_turn = balancer.Log();
  INFO(with_turn);
  CHECK(with_turn.size() > log.size());
  CHECK(with_turn.substr(log.size()).find("500") != std::string::npos);
  REQUIRE(next_checks(2));
  CHECK(balancer.Log() == with_turn);
}

TEST_CASE("a backend killed under load of GETs costs no client an error, and comes back") {
  TestBackend a;
  TestBackend b;
  TestBackend c;
  const auto period = 2s;
  Balancer balancer(
      BalancerConfig().Backend(a).Backend(b).Backend(c).Workers(2).Set("ticker_rate_sec", "2"));
  Load load(balancer.port(), {.connections = 4});
  REQUIRE(load.WaitForMore(300));

  b.Kill();
  REQUIRE(load.WaitForMore(100));
  const auto after_kill = load.so_far().by_server[b.address()];
  REQUIRE(load.WaitForMore(300));
  CHECK(load.so_far().by_server[b.address()] == after_kill);

  b.Start();
  const auto slack = kSanitized ? 5s : 1s;
  CHECK(Eventually([&] { return load.so_far().by_server[b.address()] > after_kill; },
                   period + slack));
  const auto seen = load.Finish();
  INFO(seen.first_failure);
  CHECK(seen.ok() == seen.total());
}

TEST_CASE("the request that finds the last backend dead gets 502, those after it 503") {
  ScriptedBackend only(Ok());
  Balancer balancer(BalancerConfig().Backend(only).Set("ticker_rate_sec", "600"));
  auto client = balancer.Connect();
  CHECK(client.Get().status == 200);
  only.Stop();
  CHECK(ProblemMistake(client.Get(), 502) == "");
  for (int i = 0; i < 3; ++i) {
    const auto response = client.Get();
    CHECK(ProblemMistake(response, 503) == "");
    CHECK(response.Has("Retry-After"));
  }
}
