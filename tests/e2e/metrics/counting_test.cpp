#include <catch2/catch.hpp>

#include "tests/e2e/metrics/page.hpp"

// docs/metrics.md: each counter moves as it says.

using namespace balancer::e2e;

namespace {

const ScriptedBackend::Script kHangs = [](Message&, Peer& peer) {
  peer.Hang();
  peer.Close();
};

BalancerConfig WithoutChecks() {
  return BalancerConfig().Set("ticker_rate_sec", "600");
}

std::string Failures(const ScriptedBackend& backend, const std::string& reason) {
  return Of(backend, "balancer_upstream_failures_total", "reason", reason);
}

std::string Answered(const ScriptedBackend& backend, const std::string& code) {
  return Of(backend, "balancer_upstream_requests_total", "code", code);
}

std::string Retries(const std::string& to) {
  return "balancer_retries_total{to=\"" + to + "\"}";
}

}  // namespace

TEST_CASE("requests are counted by method and status") {
  ScriptedBackend backend([](Message& request, Peer& peer) {
    peer.Send(request.start_line.find("/missing") != std::string::npos
                  ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                  : Ok());
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  for (int i = 0; i < 3; ++i) CHECK(client.Get().status == 200);
  client.Call("POST", "/", "", "body");
  client.Call("PURGE", "/");
  client.Call("get", "/");
  client.Get("/missing");
  client.Send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  CHECK(client.Receive().status == 400);

  CHECK(Becomes(balancer, Requests("400", "other"), 1));  // its method is not known
  const MetricsPage page(balancer);
  CHECK(page.Value(Requests("200")) == 3);
  CHECK(page.Value(Requests("200", "POST")) == 1);
  CHECK(page.Value(Requests("200", "other")) == 2);
  CHECK(page.Value(Requests("404")) == 1);
  CHECK(page.Value("balancer_request_duration_seconds_count") == 8);
  CHECK(page.Value("balancer_requests_in_flight") == 0);
  CHECK(page.Value(Answered(backend, "2xx")) == 6);
  CHECK(page.Value(Answered(backend, "4xx")) == 1);
  CHECK(page.Value(Of(backend, "balancer_upstream_response_seconds_count")) == 7);
}

TEST_CASE("all workers are added up") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Workers(3).Backend(backend));
  const double before = Metric(balancer, "balancer_connections_accepted_total");
  for (int i = 0; i < 30; ++i) CHECK(balancer.Get().status == 200);
  CHECK(Becomes(balancer, Requests("200"), 30));
  CHECK(Metric(balancer, "balancer_connections_accepted_total") == before + 30);
  CHECK(Metric(balancer, Answered(backend, "2xx")) == 30);
}

TEST_CASE("what is in progress is seen, and a client that leaves without an answer") {
  ScriptedBackend backend(kHangs);
  Balancer balancer(BalancerConfig().Backend(backend));
  const double connected = Metric(balancer, "balancer_client_connections");
  {
    auto client = balancer.Connect();
    client.SendRequest("GET", "/");
    REQUIRE(backend.WaitForRequests(1));
    CHECK(Metric(balancer, "balancer_requests_in_flight") == 1);
    CHECK(Metric(balancer, "balancer_client_connections") == connected + 1);
    CHECK(Metric(balancer, Of(backend, "balancer_upstream_in_flight")) == 1);
    client.socket().Reset();
  }
  CHECK(Becomes(balancer, "balancer_requests_in_flight", 0));
  CHECK(Becomes(balancer, Of(backend, "balancer_upstream_in_flight"), 0));
  CHECK(Becomes(balancer, "balancer_client_connections", connected));
  CHECK(Metric(balancer, Requests("none")) == 1);
  CHECK(Metric(balancer, "balancer_client_connections_max") > 1);
}

TEST_CASE("a slow answer falls into the buckets of its time") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Hang(60ms);
    peer.Send(Ok());
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get().status == 200);
  CHECK(Becomes(balancer, "balancer_request_duration_seconds_count", 1));
  const MetricsPage page(balancer);
  CHECK(page.Value("balancer_request_duration_seconds_bucket{le=\"0.05\"}") == 0);
  CHECK(page.Value("balancer_request_duration_seconds_bucket{le=\"60\"}") == 1);
  CHECK(page.Value("balancer_request_duration_seconds_bucket{le=\"+Inf\"}") == 1);
  CHECK(page.Value("balancer_request_duration_seconds_sum") > 0.05);
  const std::string upstream = "balancer_upstream_response_seconds";
  CHECK(page.Value(Of(backend, upstream + "_sum")) > 0.05);
  CHECK(page.Value(Of(backend, upstream + "_bucket", "le", "0.05")) == 0);
  CHECK(page.Value(Of(backend, upstream + "_bucket", "le", "+Inf")) == 1);
}

TEST_CASE("refused requests are counted as limited, and cost the backend none") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).DefaultLimits("2", "0.001"));
  auto client = balancer.Connect();
  for (int i = 0; i < 5; ++i) client.Get("/", "X-API-Key: somebody\r\n");
  CHECK(Becomes(balancer, Requests("429"), 3));
  const MetricsPage page(balancer);
  CHECK(page.Value(Requests("200")) == 2);
  CHECK(page.Value("balancer_limited_total") == 3);
  CHECK(page.Value(Answered(backend, "2xx")) == 2);
  CHECK(page.text().find("somebody") == std::string::npos);
}

TEST_CASE("a backend's own 429 is no limit of ours") {
  ScriptedBackend backend("HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n");
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Get().status == 429);
  CHECK(Becomes(balancer, Requests("429"), 1));
  CHECK(Metric(balancer, "balancer_limited_total") == 0);
}

TEST_CASE("the bucket cache tells of hits, misses and evictions, and storage of look-ups") {
  ScriptedBackend backend(Ok());
  Balancer balancer(
      BalancerConfig().Backend(backend).DefaultLimits("9", "1").Set("rate_limit.max_clients", "1"));
  const MetricsPage before(balancer);
  CHECK(before.Value("balancer_storage_up") == 1);
  const auto grown = [&](const std::string& name) {
    return Metric(balancer, name) - before.Value(name);
  };
  for (const char* key : {"X-API-Key: a\r\n", "X-API-Key: a\r\n", "X-API-Key: b\r\n"}) {
    CHECK(balancer.Get("/", key).status == 200);
  }
  CHECK(grown("balancer_bucket_cache_misses_total") == 2);
  CHECK(grown("balancer_bucket_cache_hits_total") == 1);
  CHECK(grown("balancer_bucket_cache_evictions_total") >= 1);
  CHECK(Metric(balancer, "balancer_bucket_cache_entries") == 1);
  CHECK(grown("balancer_storage_request_duration_seconds_count") == 2);
  CHECK(grown("balancer_storage_errors_total{reason=\"unavailable\"}") == 0);
}

TEST_CASE("a backend that refuses is a failure and a retry, none left is 502 and then 503") {
  ScriptedBackend gone(Ok());
  ScriptedBackend sound(Ok());
  Balancer balancer(WithoutChecks().Backend(gone).Backend(sound));
  gone.Stop();
  for (int i = 0; i < 4; ++i) CHECK(balancer.Get().status == 200);
  CHECK(Becomes(balancer, Requests("200"), 4));
  CHECK(Metric(balancer, Failures(gone, "connect")) == 1);  // it is set aside then
  CHECK(Metric(balancer, Failures(sound, "connect")) == 0);
  CHECK(Metric(balancer, Retries("other_backend")) == 1);

  sound.Stop();
  CHECK(balancer.Get().status == 502);
  CHECK(balancer.Get().status == 503);
  CHECK(Becomes(balancer, Requests("502"), 1));
  CHECK(Becomes(balancer, Requests("503"), 1));
  CHECK(Metric(balancer, Failures(sound, "connect")) == 1);
}

TEST_CASE("failed attempts are counted by their reason") {
  struct Case {
    std::string reason;
    ScriptedBackend::Script script;
    std::string code;
    double cut;
  };
  const auto sends = [](const std::string& bytes) {
    return [bytes](Message&, Peer& peer) {
      peer.Send(bytes);
      peer.Close();
    };
  };
  const auto stops_in_its_body = [](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno more");
    peer.Hang();
    peer.Close();
  };
  const std::vector<Case> cases{
      {"closed", sends(""), "502", 0},
      {"timeout", kHangs, "504", 0},
      {"bad_response", sends("nonsense\r\n\r\n"), "502", 0},
      {"cut", stops_in_its_body, "200", 1},
  };
  for (const Case& c : cases) {
    INFO(c.reason);
    ScriptedBackend backend(c.script);
    Balancer balancer(WithoutChecks()
                          .Backend(backend)
                          .Set("upstream.timeouts.response", "200ms")
                          .Set("upstream.timeouts.idle", "200ms"));
    balancer.Get();
    CHECK(Becomes(balancer, Requests(c.code), 1));
    const MetricsPage page(balancer);
    for (const std::string reason :
         {"connect", "connect_timeout", "closed", "timeout", "bad_response", "cut"}) {
      CHECK(page.Value(Failures(backend, reason)) == (reason == c.reason ? 1 : 0));
    }
    CHECK(page.Value("balancer_responses_cut_total") == c.cut);
    CHECK(page.Value(Retries("other_backend")) == 0);
  }
}

TEST_CASE("a kept-alive connection closed under us is a retry and no failure") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send(Ok());
    peer.ReadRequest();
    peer.Close();
  });
  Balancer balancer(WithoutChecks().Backend(backend));
  auto client = balancer.Connect();
  for (int i = 0; i < 5; ++i) REQUIRE(client.Get().status == 200);
  CHECK(Becomes(balancer, Requests("200"), 5));
  CHECK(Metric(balancer, Retries("same_backend")) == 4);
  CHECK(Metric(balancer, Failures(backend, "closed")) == 0);
}

TEST_CASE("health checks and turns are seen") {
  ScriptedBackend turning(Ok());
  ScriptedBackend sound(Ok());
  Balancer balancer(BalancerConfig().Backend(turning).Backend(sound));
  const std::string up = Of(turning, "balancer_upstream_up");
  const std::string failed = Of(turning, "balancer_health_checks_total", "result", "failed");
  CHECK(Metric(balancer, up) == 1);
  CHECK(Metric(balancer, Of(turning, "balancer_health_checks_total", "result", "passed")) >= 1);
  CHECK(Metric(balancer, failed) == 0);

  turning.SetHealth(ScriptedBackend::Health::failing);
  CHECK(Becomes(balancer, up, 0));
  CHECK(Metric(balancer, failed) >= 2);
  CHECK(Metric(balancer, Of(sound, "balancer_upstream_up")) == 1);
  turning.SetHealth(ScriptedBackend::Health::passing);
  CHECK(Becomes(balancer, up, 1));
}

TEST_CASE("a tunnel is counted, but not timed") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    peer.Send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    peer.Hang();
    peer.Close();
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  {
    auto client = balancer.Connect();
    client.SendRequest("GET", "/", "Connection: Upgrade\r\nUpgrade: echo\r\n");
    REQUIRE(client.ReceiveAny().status == 101);
    CHECK(Metric(balancer, "balancer_requests_in_flight") == 1);
    client.socket().Reset();
  }
  CHECK(Becomes(balancer, Requests("101"), 1));
  CHECK(Metric(balancer, "balancer_request_duration_seconds_count") == 0);
  CHECK(Metric(balancer, Answered(backend, "1xx")) == 1);
}
