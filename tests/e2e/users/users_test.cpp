#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "tests/e2e/support/balancer.hpp"
#include "tests/e2e/support/load.hpp"
#include "tests/e2e/support/ports.hpp"

// The users API of test-backend over a real PostgreSQL.

using namespace balancer::e2e;

namespace {

std::string Dsn(const std::string& database) {
  const auto& server = Postgres::Running();
  return "postgresql://" + server.user() + "@" + server.host() + ":" +
         std::to_string(server.port()) + "/" + database;
}

Finished MakeUsers(const std::string& database, int rows) {
  return Run({TEST_BACKEND_PROGRAM, "make-users", "--users-db", Dsn(database), "--rows",
              std::to_string(rows)});
}

std::string DatabaseWithUsers(int rows) {
  const auto database = Postgres::Running().CreateDatabase();
  const auto made = MakeUsers(database, rows);
  INFO(made.output);
  REQUIRE(made.exit_code == 0);
  return database;
}

// test-backend with the users of that database.
class UsersBackend {
 public:
  explicit UsersBackend(const std::string& database, int pool = 4)
      : process_({TEST_BACKEND_PROGRAM, "--host-port", "127.0.0.1:" + std::to_string(port_),
                  "--users-db", Dsn(database), "--db-pool", std::to_string(pool)}) {
    REQUIRE(Eventually([this] { return Listens(port_); }));
  }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Response Get(const std::string& target) const { return balancer::e2e::Get(port_, target); }
  Process& process() { return process_; }

 private:
  const std::uint16_t port_ = FreePort();
  Process process_;
};

const std::string kUser1Rest =
    R"(,"email":"user1@example.com","full_name":"User 1","age":25,"country_code":"US",)"
    R"("is_active":true,"created_at":"2026-01-31T08:00:00Z"})";

std::string IdOfUser1(const std::string& database) {
  return Postgres::Running().Sql(database,
                                 "SELECT id FROM users WHERE email = 'user1@example.com'");
}

bool Has(const Response& response, const std::string& text) {
  return response.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("make-users makes the rows that are missing, the same ones everywhere") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  CHECK(MakeUsers(database, 10).output == "made 10 users, 0 were there\n");
  CHECK(MakeUsers(database, 1000).output == "made 990 users, 10 were there\n");
  CHECK(
      server.Sql(database, "SELECT count(*), count(DISTINCT id), min(age), max(age) FROM users") ==
      "1000|1000|18|77");
  CHECK(server.Sql(database,
                   "SELECT data_type FROM information_schema.columns "
                   "WHERE table_name = 'users' AND column_name = 'created_at'") ==
        "timestamp with time zone");
  CHECK(IdOfUser1(database) == IdOfUser1(DatabaseWithUsers(1)));
}

TEST_CASE("make-users says why it cannot") {
  const auto none = Run({TEST_BACKEND_PROGRAM, "make-users", "--users-db",
                         "host=127.0.0.1 port=" + std::to_string(FreePort())});
  CHECK(none.exit_code == 1);
  CHECK(none.output.find("test-backend: ") != std::string::npos);
  CHECK(Run({TEST_BACKEND_PROGRAM, "make-users"}).exit_code != 0);
  CHECK(MakeUsers("postgres", -1).exit_code != 0);
}

TEST_CASE("a user is told, and the lack of one") {
  const auto database = DatabaseWithUsers(3);
  UsersBackend backend(database);
  const auto id = IdOfUser1(database);
  const auto found = backend.Get("/users/" + id);
  CHECK(found.status == 200);
  CHECK(found.Field("Content-Type") == "application/json");
  CHECK(found.body == R"({"id":")" + id + '"' + kUser1Rest);
  const auto head = Call(backend.port(), "HEAD", "/users/" + id);
  CHECK(head.Field("Content-Length") == std::to_string(found.body.size()));

  const auto lacking = backend.Get("/users/00000000-0000-0000-0000-000000000000");
  CHECK(lacking.status == 404);
  CHECK(lacking.body == R"({"error":"not_found"})");
  CHECK(backend.Get("/users/1").status == 400);
  CHECK(Call(backend.port(), "DELETE", "/users/" + id).Field("Allow") == "GET, HEAD");
}

TEST_CASE("pages follow one another without gaps, and end") {
  const auto database = DatabaseWithUsers(7);
  UsersBackend backend(database);
  const auto first = backend.Get("/users?limit=3");
  CHECK(first.status == 200);
  CHECK(first.body.starts_with(R"({"items":[{"id":")" + IdOfUser1(database) + '"' + kUser1Rest));
  CHECK(first.body.ends_with(R"(],"limit":3,"offset":0,"total":7})"));
  std::string seen;
  for (int offset = 0; offset < 9; offset += 3) {
    const auto page = backend.Get("/users?limit=3&offset=" + std::to_string(offset));
    for (int n = 1; n <= 7; ++n) {
      if (Has(page, "\"User " + std::to_string(n) + "\"")) seen += std::to_string(n);
    }
    seen += ' ';
  }
  CHECK(seen == "123 456 7 ");
  CHECK(backend.Get("/users?offset=9223372036854775807").body ==
        R"({"items":[],"limit":50,"offset":9223372036854775807,"total":7})");
  CHECK(backend.Get("/users?limit=201").status == 400);
}

TEST_CASE("a table without users is an empty page, and values pass as they are") {
  auto& server = Postgres::Running();
  const auto database = DatabaseWithUsers(0);
  UsersBackend backend(database);
  CHECK(backend.Get("/users").body == R"({"items":[],"limit":50,"offset":0,"total":0})");
  server.Sql(database,
             "INSERT INTO users VALUES ('AAAAAAAA-0000-0000-0000-000000000001', 'ü\"\\@x', "
             "E'two\\nlines', 0, 'DE', false, '2020-02-29 23:59:59.999+05')");
  CHECK(backend.Get("/users/aaaaaaaa-0000-0000-0000-000000000001").body ==
        R"({"id":"aaaaaaaa-0000-0000-0000-000000000001","email":"ü\"\\@x",)"
        R"("full_name":"two\nlines","age":0,"country_code":"DE","is_active":false,)"
        R"("created_at":"2020-02-29T18:59:59Z"})");
}

TEST_CASE("with users or without, the rest is echoed") {
  UsersBackend backend(DatabaseWithUsers(0));
  CHECK(backend.Get("/healthz").body == R"({"status":"ok"})");
  CHECK(Has(backend.Get("/user"), R"("request_uri":"/user")"));
  TestBackend plain;
  CHECK(Has(Get(plain.port(), "/users?limit=0"), R"("request_uri":"/users?limit=0")"));
}

TEST_CASE("while the database is away it is 503, and once it is back there are users again") {
  auto& server = Postgres::Running();
  const auto database = DatabaseWithUsers(2);
  UsersBackend backend(database);
  const auto gets = [&](int status) {
    return Eventually([&] { return backend.Get("/users").status == status; });
  };
  REQUIRE(gets(200));
  server.Stop();
  const auto away = backend.Get("/users");
  CHECK(away.status == 503);
  CHECK(away.body == R"({"error":"unavailable"})");
  CHECK(away.Has("Retry-After"));
  CHECK(backend.Get("/users/x").status == 400);
  CHECK(backend.Get("/healthz").status == 200);
  server.Start();
  CHECK(gets(200));
}

TEST_CASE("a restart of the database between two requests is not noticed") {
  auto& server = Postgres::Running();
  UsersBackend backend(DatabaseWithUsers(2), 1);
  REQUIRE(backend.Get("/users").status == 200);
  server.Stop();
  server.Start();
  CHECK(backend.Get("/users").status == 200);
}

TEST_CASE("it starts without its database, and without its table") {
  auto& server = Postgres::Running();
  const auto database = server.CreateDatabase();
  UsersBackend backend(database);
  CHECK(backend.Get("/users").status == 503);
  REQUIRE(MakeUsers(database, 1).exit_code == 0);
  CHECK(Eventually([&] { return backend.Get("/users").status == 200; }));
}

TEST_CASE("a slow database delays nobody but those who ask it, and not for ever") {
  auto& server = Postgres::Running();
  const auto database = DatabaseWithUsers(1);
  UsersBackend backend(database, 2);
  REQUIRE(backend.Get("/users").status == 200);
  server.Sql(database,
             "ALTER TABLE users RENAME TO fast_users; "
             "CREATE VIEW users AS SELECT fast_users.* FROM fast_users, pg_sleep(60)");
  HttpClient waiting(backend.port());
  waiting.SendRequest("GET", "/users");
  CHECK(backend.Get("/healthz").status == 200);
  CHECK(Has(backend.Get("/x"), R"("request_uri":"/x")"));
  CHECK(waiting.Receive().status == 503);
  CHECK(Has(waiting.Get("/x"), R"("request_uri":"/x")"));
  // Its threads are still with the database, and it ends all the same.
  backend.process().Signal(SIGTERM);
  CHECK(backend.process().Wait() == 0);
}

TEST_CASE("many clients at once get their own answers, through the balancer too") {
  const auto database = DatabaseWithUsers(20);
  UsersBackend backend(database);
  Balancer balancer(BalancerConfig().Backend(backend.url()));
  std::vector<std::thread> clients;
  std::atomic<int> right = 0;
  for (int n = 1; n <= 20; ++n) {
    const auto id = Postgres::Running().Sql(
        database, "SELECT id FROM users WHERE full_name = 'User " + std::to_string(n) + "'");
    clients.emplace_back([&, n, id] {
      HttpClient client(n % 2 == 0 ? backend.port() : balancer.port());
      for (int i = 0; i < 50; ++i) {
        const auto answer = client.Get("/users/" + id);
        if (answer.status == 200 && Has(answer, id) &&
            Has(answer, "\"User " + std::to_string(n) + "\"")) {
          ++right;
        }
      }
    });
  }
  for (auto& client : clients) client.join();
  CHECK(right == 1000);
}
