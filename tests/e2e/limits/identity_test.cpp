#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §2 client_id and §3: who a client is.

using namespace balancer::e2e;

namespace {

const std::string kNoRefill = "0.0001";

// A balancer that lets each unknown client have one request.
BalancerConfig OneEach(const ScriptedBackend& backend) {
  return BalancerConfig().Backend(backend).DefaultLimits("1", kNoRefill);
}

std::string Key(const std::string& key) {
  return "X-API-Key: " + key + "\r\n";
}

}  // namespace

TEST_CASE("a client is its X-API-Key, or else its address") {
  ScriptedBackend backend(Ok());
  Balancer balancer(OneEach(backend).Workers(2));
  CHECK(balancer.Get("/", Key("a")).status == 200);
  CHECK(balancer.Get("/", Key("a")).status == 429);
  CHECK(balancer.Get("/", "x-api-key: a\r\n").status == 429);
  CHECK(balancer.Get("/", Key("A")).status == 200);
  CHECK(balancer.Get().status == 200);
  INFO("another connection, and so another port, makes no other client");
  CHECK(balancer.Get().status == 429);
  CHECK(balancer.Connect({.source = "127.0.0.2"}).Get().status == 200);
  CHECK(balancer.Connect({.source = "127.0.0.2"}).Get().status == 429);
}

TEST_CASE("the limits of an address are found under it") {
  ScriptedBackend backend(Ok());
  Balancer balancer(OneEach(backend));
  REQUIRE(balancer.CreateLimit("127.0.0.3", "2", kNoRefill) == 201);
  auto client = balancer.Connect({.source = "127.0.0.3"});
  CHECK(client.Get().status == 200);
  CHECK(client.Get().status == 200);
  CHECK(client.Get().status == 429);
}

TEST_CASE("an empty X-API-Key is an absent one") {
  ScriptedBackend backend(Ok());
  Balancer balancer(OneEach(backend));
  CHECK(balancer.Get().status == 200);
  CHECK(balancer.Get("/", "X-API-Key:\r\n").status == 429);
  CHECK(balancer.Get("/", "X-API-Key:  \t\r\n").status == 429);
}

TEST_CASE("a repeated or invalid X-API-Key is 400 and reaches no backend") {
  ScriptedBackend backend(Ok());
  Balancer balancer(OneEach(backend));
  const std::string fields = GENERATE_COPY(
      Key("a") + Key("b"), Key("a") + Key("a"), Key(std::string(257, 'k')), Key("\xFF"),
      Key("\xC3"), Key("\xED\xA0\x80"), Key("\xC0\xAF"), Key("a\xC2\x85z"), Key("a\tz"));
  INFO(fields);
  CHECK(ProblemMistake(balancer.Get("/", fields), 400) == "");
  CHECK(backend.request_count() == 0);
}

TEST_CASE("a key of 256 bytes, of UTF-8 or with spaces inside is a good one") {
  ScriptedBackend backend(Ok());
  Balancer balancer(OneEach(backend));
  const std::string key =
      GENERATE(std::string(256, 'k'), std::string("\xC3\xA9\xF0\x9F\x8D\xB5"), std::string("a b"));
  CHECK(balancer.Get("/", Key(key)).status == 200);
  CHECK(balancer.Get("/", Key(key)).status == 429);
}

TEST_CASE("ip_port is the old identity: every connection a client of its own") {
  ScriptedBackend backend(Ok());
  Balancer balancer(OneEach(backend).Set("rate_limit.client_id", "[ip_port]"));
  auto one = balancer.Connect();
  CHECK(one.Get().status == 200);
  CHECK(one.Get("/", Key("a")).status == 429);
  auto two = balancer.Connect();
  CHECK(two.Get().status == 200);

  auto known = balancer.Connect();
  const auto id = "127.0.0.1:" + std::to_string(known.socket().local_port());
  REQUIRE(balancer.CreateLimit(id, "2", kNoRefill) == 201);
  CHECK(known.Get().status == 200);
  CHECK(known.Get().status == 200);
  CHECK(known.Get().status == 429);
}

TEST_CASE("any header can be the identity, in the order given") {
  ScriptedBackend backend(Ok());
  Balancer balancer(
      OneEach(backend).Set("rate_limit.client_id", "[\"header:X-Tenant\", \"header:X-User\", ip]"));
  CHECK(balancer.Get("/", "X-Tenant: t\r\nX-User: u\r\n").status == 200);
  CHECK(balancer.Get("/", "X-Tenant: t\r\nX-User: v\r\n").status == 429);
  CHECK(balancer.Get("/", "X-User: u\r\n").status == 200);
  CHECK(balancer.Get("/", "X-User: u\r\n").status == 429);
  CHECK(balancer.Get("/").status == 200);
}

TEST_CASE("X-Forwarded-For is believed from trusted proxies only") {
  ScriptedBackend backend(Ok());
  Balancer balancer(
      OneEach(backend).Set("rate_limit.trusted_proxies", "[127.0.0.1/32, 10.0.0.0/8]"));
  const auto from = [](const std::string& chain) { return "X-Forwarded-For: " + chain + "\r\n"; };
  CHECK(balancer.Get("/", from("9.9.9.1")).status == 200);
  CHECK(balancer.Get("/", from("9.9.9.1")).status == 429);
  CHECK(balancer.Get("/", from("9.9.9.2")).status == 200);
  INFO(
      "the last address that no trusted proxy has is the client; what stands before it is its own "
      "say-so");
  CHECK(balancer.Get("/", from("1.1.1.1, 9.9.9.2")).status == 429);
  CHECK(balancer.Get("/", from("1.1.1.2, 9.9.9.2, 10.1.2.3")).status == 429);
  CHECK(balancer.Get("/", from("1.1.1.2") + from("9.9.9.2")).status == 429);

  const ConnectOptions stranger{.source = "127.0.0.9"};
  CHECK(balancer.Connect(stranger).Get("/", from("9.9.9.3")).status == 200);
  CHECK(balancer.Connect(stranger).Get("/", from("9.9.9.4")).status == 429);
}
