#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §1 and §6: the programs' command lines, and what test-backend answers.

using namespace balancer::e2e;

TEST_CASE("--version says a version") {
  const auto finished = RunBalancer({"--version"});
  CHECK(finished.exit_code == 0);
  CHECK_THAT(finished.output, Catch::Matches("(.|\n)*[0-9]+\\.[0-9]+\\.[0-9]+(.|\n)*"));
}

TEST_CASE("--help names the commands") {
  const auto finished = RunBalancer({"--help"});
  CHECK(finished.exit_code == 0);
  for (const char* word : {"check", "migrate", "--config-path", "--version"}) {
    CHECK_THAT(finished.output, Catch::Contains(word));
  }
}

TEST_CASE("a command line that makes no sense is refused") {
  for (const auto& arguments :
       {std::vector<std::string>{"--no-such-flag"}, std::vector<std::string>{"dance"},
        std::vector<std::string>{"migrate"}, std::vector<std::string>{"migrate", "sideways"},
        std::vector<std::string>{"check"}, std::vector<std::string>{"--config-path"}}) {
    const auto finished = RunBalancer(arguments);
    INFO(finished.output);
    CHECK(finished.exit_code > 0);
    CHECK_FALSE(finished.output.empty());
  }
}

TEST_CASE("the configuration is found by each of its flags") {
  const std::string flag = GENERATE(as<std::string>(), "--config-path", "--config", "-c");
  ScriptedBackend backend(Ok());
  const auto config = BalancerConfig().Backend(backend);
  const TempDir dir;
  Process process({BALANCER_PROGRAM, flag, dir.Write("config.yaml", config.Yaml())});
  REQUIRE(Eventually([&] { return Listens(config.port()) || !process.running(); }));
  CHECK(Get(config.port()).status == 200);
  process.Signal(SIGTERM);
  CHECK(process.Wait() == 0);
}

TEST_CASE("the balancer says where it listens") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const auto where = "listening on 127.0.0.1:" + std::to_string(balancer.port());
  CHECK(Eventually([&] { return balancer.process().LogHas(where); }));
}

TEST_CASE("test-backend echoes what it is sent") {
  TestBackend backend;
  HttpClient client(backend.port());
  const auto echo = [&](const std::string& method, const std::string& uri,
                        const std::string& message) {
    return R"({"server_address":")" + backend.address() + R"(","http_method":")" + method +
           R"(","request_uri":")" + uri + R"(","your_message":)" + message + "}";
  };
  const auto got = client.Get("/");
  CHECK(got.status == 200);
  CHECK(got.Field("Content-Type").starts_with("application/json"));
  CHECK(got.body == echo("GET", "/", "null"));
  CHECK(client.Get("/a/b?c=d&e").body == echo("GET", "/a/b?c=d&e", "null"));
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH"}) {
    CHECK(client.Call(method, "/x", "", R"({"key":["value",1,null]})").body ==
          echo(method, "/x", R"({"key":["value",1,null]})"));
  }
  CHECK(client.Call("HEAD", "/").status == 200);
  CHECK(client.Call("OPTIONS", "/").status == 200);
  CHECK(client.Get("/health").status == 200);
  CHECK(client.Call("POST", "/x", "", "{not json").status == 400);
}

TEST_CASE("test-backend takes its address from HOST_PORT as well") {
  TestBackend occupied;
  const auto refused = Run({TEST_BACKEND_PROGRAM}, {{"HOST_PORT=" + occupied.address()}});
  INFO(refused.output);
  CHECK(refused.exit_code == 1);

  const auto address = occupied.address();
  const auto port = occupied.port();
  occupied.Kill();
  Process process({TEST_BACKEND_PROGRAM}, {{"HOST_PORT=" + address}});
  REQUIRE(Eventually([&] { return Listens(port) || !process.running(); }));
  CHECK(JsonMember(Get(port).body, "server_address") == address);
}
