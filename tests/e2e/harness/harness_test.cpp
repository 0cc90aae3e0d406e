#include <catch2/catch.hpp>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/ports.hpp"
#include "tests/e2e/support/postgres.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/scripted_backend.hpp"

// The tools of the other tests, tried on each other: a harness that overlooks a cut response would
// let every test pass.

using namespace balancer::e2e;

namespace {

Response AnswerOf(const std::string& bytes, std::string_view method = "GET") {
  ScriptedBackend server([&](Message&, Peer& peer) {
    peer.Send(bytes);
    peer.Close();
  });
  return Call(server.port(), method, "/");
}

}  // namespace

TEST_CASE("a response is whole only with all that it announced") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  CHECK(AnswerOf(ok + "Content-Length: 2\r\n\r\nok").whole());
  CHECK(AnswerOf(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n").body == "ok");
  CHECK(AnswerOf(ok + "\r\nok").body == "ok");
  CHECK(AnswerOf(ok + "Content-Length: 9\r\n\r\n", "HEAD").whole());
  CHECK(AnswerOf("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").whole());

  CHECK(AnswerOf(ok + "Content-Length: 3\r\n\r\nok").end == Message::End::cut);
  CHECK(AnswerOf(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n").end == Message::End::cut);
  CHECK(AnswerOf(ok + "Transfer-Encoding: chunked\r\n\r\n2\r\no").end == Message::End::cut);
  CHECK(AnswerOf(ok).end == Message::End::cut);
  CHECK(AnswerOf("").end == Message::End::none);
}

TEST_CASE("a response framed in two ways is nonsense") {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const auto end_of = [](const std::string& bytes) { return AnswerOf(bytes).end; };
  CHECK(end_of(ok + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n1") == Message::End::nonsense);
  CHECK(end_of(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") ==
        Message::End::nonsense);
  CHECK(end_of(ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n") == Message::End::nonsense);
  CHECK(end_of("SSH-2.0-OpenSSH_9.2\r\n\r\n") == Message::End::nonsense);
}

TEST_CASE("a scripted backend records requests as they came, and not its health checks") {
  ScriptedBackend backend(Ok());
  HttpClient client(backend.port());
  CHECK(client.Get("/health").status == 200);
  CHECK(client.Call("POST", "/a?b", "X-One: 1\r\n", "body").body == "ok");
  CHECK(client.Send("PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunked("abc", 2)));
  CHECK(client.Receive().status == 200);

  REQUIRE(backend.request_count() == 2);
  CHECK(backend.health_checks() == 1);
  CHECK(backend.requests()[0].raw ==
        "POST /a?b HTTP/1.1\r\nHost: example.com\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbody");
  CHECK(backend.requests()[1].body == "abc");
  CHECK(backend.connections() == 1);
}

TEST_CASE("a scripted backend refuses while it is stopped and comes back on its port") {
  ScriptedBackend backend(Ok());
  HttpClient client(backend.port());
  CHECK(client.Get().status == 200);
  backend.Stop();
  CHECK(client.ClosedByServer());
  CHECK_FALSE(Listens(backend.port()));
  backend.Start();
  CHECK(Get(backend.port()).status == 200);
}

TEST_CASE("a script sees its peer go away") {
  std::atomic<bool> seen = false;
  ScriptedBackend backend([&](Message&, Peer& peer) { seen = peer.Hang(); });
  HttpClient client(backend.port());
  client.SendRequest("GET", "/");
  CHECK(backend.WaitForRequests(1));
  CHECK(backend.open_connections() == 1);
  client.socket().Reset();
  CHECK(Eventually([&] { return seen && backend.open_connections() == 0; }));
}

TEST_CASE("a process is watched to its end") {
  CHECK(Run({"sh", "-c", "echo to out; echo to err >&2; exit 3"}).exit_code == 3);
  CHECK(Run({"sh", "-c", "echo to out; echo to err >&2"}).output == "to out\nto err\n");
  CHECK(Run({"sh", "-c", "echo $NAME; ulimit -n"}, {{"NAME=value"}, "", 77}).output ==
        "value\n77\n");
  CHECK(Run({"no-such-program-here"}).exit_code == 127);

  Process idle({"sleep", "1000"});
  CHECK(Eventually([&] { return idle.OpenFiles() == 3; }));
  CHECK(idle.running());
  CHECK(idle.Threads() == 1);
  CHECK(Eventually([&] { return idle.ResidentBytes() > 100'000; }));
  CHECK(idle.CpuTime() < 1s);
  idle.Signal(SIGTERM);
  CHECK(idle.Wait() == -SIGTERM);

  Process busy({"sh", "-c", "while :; do :; done"});
  CHECK(Eventually([&] { return busy.CpuTime() >= 100ms; }));
}

TEST_CASE("a PostgreSQL keeps its data and its port while it is stopped") {
  auto& server = Postgres::Running();
  const auto port = server.port();
  const auto database = server.CreateDatabase();
  server.Sql(database, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)");
  server.Stop();
  CHECK_FALSE(Listens(port));
  CHECK_THROWS(server.Sql(database, "SELECT 1"));
  server.Start();
  CHECK(server.port() == port);
  CHECK(server.Sql(database, "SELECT n FROM kept") == "7");
}
