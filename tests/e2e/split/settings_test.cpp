#include <catch2/catch.hpp>

#include "tests/e2e/split/split.hpp"
#include "tests/e2e/support/postgres.hpp"

// The redirect split's settings API: shown, edited, kept, and heard of.

using namespace balancer::e2e;

namespace {

const std::string kDefault = Value("http://localhost:3200", "0.3");

std::string Shown(const std::string& value) {
  return "[" + Setting(value) + "]";
}

}  // namespace

TEST_CASE("settings are shown and edited on both listeners") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend));
  HttpClient client = balancer.Connect();
  HttpClient admin(balancer.admin_port());
  for (HttpClient* listener : {&client, &admin}) {
    const auto response = listener->Get(kSettings);
    CHECK(response.status == 200);
    CHECK(response.Field("Content-Type") == "application/json");
    CHECK(response.body == Shown(kDefault));
  }

  const auto inserted = client.Call("POST", kEdit, "", Setting(Value("http://a:1", "0.5")));
  CHECK(inserted.status == 201);
  CHECK(inserted.body == R"({"insertedId":1})");
  CHECK(admin.Get(kSettings).body == Shown(Value("http://a:1", "0.5")));
  const auto updated = admin.Call("POST", kEdit, "", Setting(Value("http://a:1", "1")));
  CHECK(updated.status == 201);
  CHECK(updated.body == R"({"updatedCount":1})");
  CHECK(client.Get(kSettings).body == Shown(Value("http://a:1", "1")));
  CHECK(backend.request_count() == 0);
}

TEST_CASE("an edit holds for the very next request, on every worker") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend).Workers(3));
  std::vector<HttpClient> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(balancer.Connect());
  HttpClient admin(balancer.admin_port());
  for (int i = 0; i < 30; ++i) {
    const std::string host = "http://cdn" + std::to_string(i);
    REQUIRE(admin.Call("POST", kEdit, "", Setting(Value(host, "1"))).status == 201);
    for (HttpClient& client : clients) {
      const auto location = client.Get("/?video=" + kVideo).Field("Location");
      REQUIRE(location == host + "/s1/video/1488/xcg2djHckad.m3u8");
    }
  }
}

TEST_CASE("several hosts have exact shares") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend));
  HttpClient client = balancer.Connect();
  REQUIRE(
      client
          .Call("POST", kEdit, "",
                Setting(R"([{"host":"http://a","percent":0.5},{"host":"http://b","percent":0.2},)"
                        R"({"host":"http://c","percent":0.1},{"host":"http://d","percent":0}])"))
          .status == 201);
  const std::string rest = "/s1/video/1488/xcg2djHckad.m3u8";
  for (int i = 1; i <= 5; ++i) {
    CHECK(CountLocations(client, 100) == std::map<std::string, int>{{kVideo, 20},
                                                                    {"http://a" + rest, 50},
                                                                    {"http://b" + rest, 20},
                                                                    {"http://c" + rest, 10}});
  }
}

TEST_CASE("bad settings are 400 with field and reason, and the old ones stay") {
  struct Row {
    std::string body, detail;
  };
  const std::vector<Row> rows = {
      {"", "malformed JSON"},
      {"{", "malformed JSON"},
      {"[]", "the body must be a JSON object"},
      {R"({"tag":"VIDEO:CDN"})", "value is missing"},
      {R"({"value":[]})", "tag is missing"},
      {R"({"tag":"VIDEO:OTHER","value":[]})", "tag"},
      {R"({"tag":1,"value":[]})", "tag must be a string"},
      {R"({"tag":"VIDEO:CDN","value":[],"more":1})", "unknown field"},
      {Setting(Value("http://a", "1.5")), "value[0].percent must be a number from 0 to 1"},
      {Setting(Value("http://a", "-0.1")), "value[0].percent must be a number from 0 to 1"},
      {Setting(Value("http://a", R"("0.1")")), "value[0].percent must be a number from 0 to 1"},
      {Setting(Value("a", "0.1")), "value[0].host must begin with http"},
      {Setting(Value(R"(http://a\r\nX: y)", "0.1")), "value[0].host"},
      {Setting(R"([{"host":"http://a","percent":0.6},{"host":"http://b","percent":0.5}])"),
       "value must have percents whose sum is at most 1"},
  };
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend));
  HttpClient client = balancer.Connect();
  for (const auto& [body, detail] : rows) {
    INFO(body);
    const auto response = client.Call("POST", kEdit, "", body);
    CHECK(ProblemMistake(response, 400) == "");
    CHECK_THAT(response.body, Catch::Contains(detail));
  }
  CHECK(ProblemMistake(client.Get(kSettings + "?tag=x"), 400) == "");
  CHECK(client.Get(kSettings).body == Shown(kDefault));
  CHECK(CountLocations(client, 10)[kVideo] == 7);
}

TEST_CASE("other methods are 405 and tell which one there is") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend));
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const auto response = balancer.Call(method, kSettings);
    CHECK(ProblemMistake(response, 405) == "");
    CHECK(response.Field("Allow") == "GET");
  }
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const auto response = balancer.Call(method, kEdit);
    CHECK(ProblemMistake(response, 405) == "");
    CHECK(response.Field("Allow") == "POST");
  }
  CHECK(backend.request_count() == 0);
}

TEST_CASE("the control plane's access rule holds on both listeners") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend).Set("admin.token", "s3cret"));
  const std::string token = "Authorization: Bearer s3cret\r\n";
  for (const auto port : {balancer.port(), balancer.admin_port()}) {
    CHECK(ProblemMistake(Get(port, kSettings), 401) == "");
    CHECK(ProblemMistake(Call(port, "POST", kEdit, "", Setting("[]")), 401) == "");
    CHECK(Get(port, kSettings, token).body == Shown(kDefault));
  }
  Balancer open(SplitConfig().Backend(backend));
  CHECK(ProblemMistake(open.Get(kSettings, "X-Forwarded-For: 1.2.3.4\r\n"), 403) == "");
}

TEST_CASE("what was edited is there after a restart, over the default") {
  ScriptedBackend backend(Ok());
  Balancer balancer(SplitConfig().Backend(backend));
  REQUIRE(balancer.Call("POST", kEdit, "", Setting(Value("http://a", "1"))).status == 201);
  balancer.Restart();
  CHECK(balancer.Get("/?video=" + kVideo).Field("Location") ==
        "http://a/s1/video/1488/xcg2djHckad.m3u8");
  CHECK(balancer.Get(kSettings).body == Shown(Value("http://a", "1")));
  CHECK(balancer.Call("POST", kEdit, "", Setting("[]")).body == R"({"updatedCount":1})");
}

TEST_CASE("instances with one SQLite file hear of each other's edits within a second") {
  ScriptedBackend backend(Ok());
  const TempDir dir;
  const auto file = (dir.path() / "shared.db").string();
  Balancer one(SplitConfig().Backend(backend).Set("embedded_db.path", file));
  Balancer other(SplitConfig().Backend(backend).Set("embedded_db.path", file));
  for (const std::string percent : {"0.1", "0.2", "0.3"}) {
    REQUIRE(one.Call("POST", kEdit, "", Setting(Value("http://a", percent))).status == 201);
    CHECK(Eventually([&] { return other.Get(kSettings).body == Shown(Value("http://a", percent)); },
                     std::chrono::seconds(1)));
  }
}

TEST_CASE("instances on one PostgreSQL hear of each other's edits within a second") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  Balancer one(SplitConfig().Backend(backend).Database(server, database));
  Balancer other(SplitConfig().Backend(backend).Database(server, database));
  for (const std::string percent : {"0.1", "0.2", "0.3"}) {
    REQUIRE(one.Call("POST", kEdit, "", Setting(Value("http://a", percent))).status == 201);
    CHECK(Eventually([&] { return other.Get(kSettings).body == Shown(Value("http://a", percent)); },
                     std::chrono::seconds(1)));
  }
  CHECK(server.Sql(database, "SELECT tag, value FROM settings") ==
        "VIDEO:CDN|" + Value("http://a", "0.3"));
  INFO("a row that is deleted, or no JSON");
  server.Sql(database, "UPDATE settings SET value = 'nonsense'");
  CHECK(Eventually([&] { return one.Log().find("is not used") != std::string::npos; }));
  CHECK(one.Get(kSettings).body == Shown(Value("http://a", "0.3")));
  server.Sql(database, "DELETE FROM settings");
  CHECK(Eventually([&] { return one.Get(kSettings).body == Shown(kDefault); }));
}

TEST_CASE("while the database is away, edits are 503 and the shares stay as they are") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  ScriptedBackend backend(Ok());
  const auto config = [&] { return SplitConfig().Backend(backend).Database(server, database); };
  Balancer balancer(config());
  REQUIRE(balancer.Call("POST", kEdit, "", Setting(Value("http://a", "1"))).status == 201);

  server.Stop();
  Balancer later(config());  // knows its default only
  const auto refused = balancer.Call("POST", kEdit, "", Setting("[]"));
  CHECK(ProblemMistake(refused, 503) == "");
  CHECK(refused.Has("Retry-After"));
  CHECK(balancer.Get(kSettings).body == Shown(Value("http://a", "1")));
  CHECK(later.Get(kSettings).body == Shown(kDefault));
  CHECK(later.Get("/?video=" + kVideo).status == 301);

  server.Start();
  CHECK(Eventually([&] { return later.Get(kSettings).body == Shown(Value("http://a", "1")); }));
  CHECK(balancer.Get(kSettings).body == Shown(Value("http://a", "1")));
}
