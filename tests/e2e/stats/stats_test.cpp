#include <catch2/catch.hpp>

#include "tests/e2e/stats/commit_cutter.hpp"
#include "tests/e2e/support/balancer.hpp"
#include "tests/e2e/support/load.hpp"

// The counts of requests: what is counted, who may ask, and that they are kept whatever happens.

using namespace balancer::e2e;

namespace {

const std::string kNoRefill = "0.0001";

std::string Key(const std::string& key) {
  return "X-API-Key: " + key + "\r\n";
}

// The count of /stats/requests; -1: it is not told.
long Requests(const Balancer& balancer) {
  const auto response = balancer.Admin("GET", "/stats/requests");
  return response.status == 200 ? std::stol(JsonMember(response.body, "count")) : -1;
}

// "allowed/refused", or the status where that is not 200.
std::string Client(const Balancer& balancer, const std::string& client_id) {
  const auto response = balancer.Admin("GET", "/stats/clients?client_id=" + client_id);
  if (response.status != 200) return std::to_string(response.status);
  return JsonMember(response.body, "allowed") + "/" + JsonMember(response.body, "refused");
}

void Ask(const Balancer& balancer, int requests, const std::string& fields = "") {
  auto client = balancer.Connect();
  for (int i = 0; i < requests; ++i) client.Get("/", fields);
}

// The store that the test is for: PostgreSQL or the embedded one.
BalancerConfig AnyStore() {
  BalancerConfig config;
  if (GENERATE(false, true)) {
    auto& server = Postgres::Running();
    config.Database(server, server.CreateDatabase());
  }
  return config;
}

void Kill(Balancer& balancer) {
  balancer.process().Signal(SIGKILL);
  REQUIRE(balancer.process().Wait() == -SIGKILL);
}

}  // namespace

TEST_CASE("every request on the public port is counted, whatever becomes of it") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Workers(2).DefaultLimits("2", kNoRefill));
  CHECK(Requests(balancer) == 0);

  Ask(balancer, 5);  // two allowed, three refused
  CHECK(Requests(balancer) == 5);
  balancer.Get("/limits/get?client_id=a");
  CHECK(Requests(balancer) == 6);
  for (const char* malformed : {"nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                                "GET / HTTP/9.9\r\nHost: a\r\n\r\n"}) {
    auto client = balancer.Connect();
    client.Send(malformed);
    CHECK(client.Receive().status >= 400);
  }
  CHECK(Requests(balancer) == 9);
  balancer.Call("HEAD", "/", Key("other"));
  balancer.Call("POST", "/", Key("other"), "body");
  CHECK(Requests(balancer) == 11);

  INFO("those on the admin listener are not");
  balancer.Admin("GET", "/readyz");
  CHECK(Requests(balancer) == 11);
}

TEST_CASE("a client's requests are counted as allowed or refused") {
  ScriptedBackend backend(Ok());
  Balancer balancer(AnyStore().Backend(backend).DefaultLimits("3", kNoRefill));
  Ask(balancer, 5, Key("a"));
  Ask(balancer, 2, Key("b"));
  CHECK(Client(balancer, "a") == "3/2");
  CHECK(Client(balancer, "b") == "2/0");
  CHECK(balancer.Admin("GET", "/stats/clients?client_id=a").body ==
        R"({"client_id":"a","allowed":3,"refused":2})");
  Ask(balancer, 2, Key("b"));
  CHECK(Client(balancer, "b") == "3/1");

  INFO("who asks for a client makes none");
  CHECK(Client(balancer, "never") == "404");
  CHECK(Client(balancer, "never") == "404");
}

TEST_CASE("the answers are JSON, whatever the client_id") {
  ScriptedBackend backend(Ok());
  Balancer balancer(AnyStore().Backend(backend));
  Ask(balancer, 1, Key("o'clock \"\\{},\xC3\xA9%41"));
  for (int i = 0; i < 2; ++i) {
    const auto response =
        balancer.Admin("GET", "/stats/clients?client_id=o'clock%20%22%5C%7B%7D,%C3%A9%2541");
    CHECK(response.status == 200);
    CHECK(response.Field("Content-Type") == "application/json");
    CHECK(response.body ==
          "{\"client_id\":\"o'clock \\\"\\\\{},\xC3\xA9%41\",\"allowed\":1,\"refused\":0}");
    balancer.Restart();  // from storage now
  }
}

TEST_CASE("bad questions are 400, other methods 405, other paths 404") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string target :
       {"/stats/clients", "/stats/clients?", "/stats/clients?client_id=",
        "/stats/clients?client_id=a&client_id=a", "/stats/clients?client_id=a&other=b",
        "/stats/clients?id=a", "/stats/clients?client_id=%zz", "/stats/clients?client_id=%00",
        "/stats/clients?client_id=%ff", "/stats/requests?client_id=a", "/stats/requests?x"}) {
    INFO(target);
    CHECK(ProblemMistake(balancer.Admin("GET", target), 400) == "");
  }
  for (const std::string method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS"}) {
    for (const std::string target : {"/stats/requests", "/stats/clients?client_id=a"}) {
      INFO(method << " " << target);
      const auto response = balancer.Admin(method, target);
      CHECK(response.status == 405);
      CHECK(response.Field("Allow") == "GET");
    }
  }
  for (const std::string target : {"/stats", "/stats/", "/stats/other", "/stats/requests/"}) {
    INFO(target);
    CHECK(ProblemMistake(balancer.Admin("GET", target), 404) == "");
  }
  CHECK(backend.request_count() == 0);
  INFO("on the public port these are paths like any other");
  CHECK(balancer.Get("/stats/requests").status == 200);
  CHECK(backend.request_count() == 1);
}

TEST_CASE("who may not use the limits API may not ask for counts") {
  ScriptedBackend backend(Ok());
  {
    Balancer balancer(BalancerConfig().Backend(backend).Set("admin.token", "s3cret"));
    for (const std::string target : {"/stats/requests", "/stats/clients?client_id=a", "/stats/x"}) {
      INFO(target);
      CHECK(ProblemMistake(balancer.Admin("GET", target), 401) == "");
    }
    const std::string token = "Authorization: Bearer s3cret\r\n";
    CHECK(balancer.Admin("GET", "/stats/requests", token).status == 200);
  }
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(balancer.Admin("GET", "/stats/requests", "X-Forwarded-For: 1.2.3.4\r\n").status == 403);
}

TEST_CASE("counts are kept over restarts, and so is their beginning") {
  ScriptedBackend backend(Ok());
  Balancer balancer(AnyStore().Backend(backend).DefaultLimits("4", kNoRefill));
  Ask(balancer, 6, Key("a"));
  const auto since = JsonMember(balancer.Admin("GET", "/stats/requests").body, "since");
  CHECK(since.size() == std::string("2026-11-21T08:00:00.000Z").size());
  CHECK(since.ends_with("Z"));
  for (int restarts = 1; restarts <= 2; ++restarts) {
    balancer.Restart();
    CHECK(Requests(balancer) == 6 * restarts);
    CHECK(Client(balancer, "a") ==
          std::to_string(4 * restarts) + "/" + std::to_string(2 * restarts));
    CHECK(JsonMember(balancer.Admin("GET", "/stats/requests").body, "since") == since);
    Ask(balancer, 6, Key("a"));
  }
}

TEST_CASE("a kill loses at most the last second") {
  ScriptedBackend backend(Ok());
  Balancer balancer(AnyStore().Backend(backend).DefaultLimits("10", kNoRefill));
  Ask(balancer, 15, Key("a"));
  std::this_thread::sleep_for(kSanitized ? 4s : 1500ms);  // the promise is of a time
  Ask(balancer, 5, Key("b"));
  Kill(balancer);
  balancer.Restart();
  CHECK(Requests(balancer) >= 15);
  CHECK(Requests(balancer) <= 20);
  CHECK(Client(balancer, "a") == "10/5");
}

TEST_CASE("instances on one database add up") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  const auto config = [&] {
    return BalancerConfig()
        .Backend(backend)
        .Database(server, database)
        .DefaultLimits("3", kNoRefill);
  };
  Balancer here(config());
  {
    Balancer there(config());
    for (int i = 0; i < 4; ++i) {
      Ask(here, 2, Key("a"));
      Ask(there, 1, Key("a"));
    }
    INFO("each is exact about its own, and hears of the other's");
    CHECK(Eventually([&] { return Requests(here) == 12 && Requests(there) == 12; }));
    CHECK(Eventually([&] { return Client(here, "a") == "6/6"; }));
    CHECK(Client(there, "a") == "6/6");
    Ask(there, 7, Key("b"));
  }
  CHECK(Requests(here) == 19);
  CHECK(Client(here, "b") == "3/4");
  CHECK(server.Sql(database, "SELECT count FROM request_counts") == "19");
}

TEST_CASE("while the database is away counts wait, and none is lost") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(
      BalancerConfig().Backend(backend).Database(server, database).DefaultLimits("5", kNoRefill));
  Ask(balancer, 8, Key("known"));
  server.Stop();
  Ask(balancer, 8, Key("known"));
  Ask(balancer, 7, Key("new"));
  CHECK(Eventually([&] { return balancer.Admin("GET", "/readyz").status == 503; }));
  const auto away = balancer.Admin("GET", "/stats/requests");
  CHECK(ProblemMistake(away, 503) == "");
  CHECK(away.Has("Retry-After"));
  CHECK(Client(balancer, "known") == "503");
  Ask(balancer, 7, Key("new"));

  server.Start();
  CHECK(Eventually([&] { return Requests(balancer) == 30; }));
  CHECK(Client(balancer, "known") == "5/11");
  CHECK(Client(balancer, "new") == "5/9");
  CHECK(balancer.Stop() == 0);
  CHECK(server.Sql(database, "SELECT count FROM request_counts") == "30");
  CHECK(server.Sql(database, "SELECT * FROM client_counts ORDER BY 1").starts_with("known|5|11|"));
}

TEST_CASE("connections lost within a write, nothing is lost") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Workers(2).Database(server, database));
  INFO("the trigger makes writes slow enough to be met on the way");
  server.Sql(database,
             "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS "
             "$$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$; "
             "CREATE TRIGGER slow AFTER INSERT OR UPDATE ON request_counts "
             "FOR EACH ROW EXECUTE FUNCTION slow()");
  Load load(balancer.port(), {.connections = 2, .fields = Key("a")});
  for (int lost = 0; lost < 2; ++lost) {
    CHECK(Eventually([&] {
      return server.Sql("clients_db",
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                        "WHERE wait_event = 'PgSleep' AND datname = '" +
                            database + "'") != "0";
    }));
  }
  const auto seen = load.Finish();
  CHECK(Eventually([&] { return Requests(balancer) == seen.total(); }));
  CHECK(Eventually([&] { return Client(balancer, "a") == std::to_string(seen.total()) + "/0"; }));
  CHECK(balancer.Stop() == 0);
  CHECK(server.Sql(database, "SELECT count FROM request_counts") == std::to_string(seen.total()));
}

TEST_CASE("a commit that was made and not confirmed is counted once") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  CommitCutter cutter(server.port());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Database(server, database)
                        .Set("db.db_port", std::to_string(cutter.port()))
                        .DefaultLimits("9", kNoRefill));
  for (int i = 1; i <= 3; ++i) {
    Ask(balancer, 5, Key("a"));
    CHECK(cutter.CutNext());
  }
  CHECK(Eventually([&] { return Requests(balancer) == 15; }));
  CHECK(Eventually([&] { return Client(balancer, "a") == "9/6"; }));
  CHECK(balancer.Stop() == 0);
  CHECK(server.Sql(database, "SELECT count FROM request_counts") == "15");
  CHECK(server.Sql(database, "SELECT allowed, refused FROM client_counts") == "9|6");
}
