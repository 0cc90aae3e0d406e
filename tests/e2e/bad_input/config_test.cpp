#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §2: what is wrong with a configuration is said all at once, and nothing is started.

using namespace balancer::e2e;

namespace {

const std::string kBackends = "backend_list:\n  - backend_url: http://127.0.0.1:1\n";

Finished Check(const std::string& yaml, ProcessOptions options = {}) {
  const TempDir dir;
  return RunBalancer({"check", dir.Write("the-config.yaml", yaml)}, std::move(options));
}

}  // namespace

TEST_CASE("a good configuration passes the check") {
  const auto finished = Check(BalancerConfig().Backend("http://127.0.0.1:1").Yaml());
  INFO(finished.output);
  CHECK(finished.exit_code == 0);
  CHECK(Check(kBackends).exit_code == 0);
}

TEST_CASE("ten mistakes are ten lines, and the balancer does not start") {
  const std::string yaml =
      "server:\n"                               // 1
      "  port: 99999\n"                         // 2
      "  workers: many\n"                       // 3
      "  frontend: apache\n"                    // 4
      "  colour: blue\n"                        // 5
      "ticker_rate_sec: 0\n"                    // 6
      "strategy: random\n"                      // 7
      "backend_list:\n"                         // 8
      "  - backend_url: http://127.0.0.1:1\n"   // 9
      "  - backend_url: https://127.0.0.1:2\n"  // 10
      "  - backend_url: http://127.0.0.1:1\n"   // 11
      "default_limits: {capacity: 5}\n"         // 12
      "rate_limit:\n"                           // 13
      "  max_clients: 0\n"                      // 14
      "  client_id: [\"cookie:x\"]\n";          // 15
  const std::vector<std::pair<int, std::string>> mistakes = {
      {2, "port"},          {3, "workers"},      {4, "frontend"},  {5, "colour"},
      {6, "ticker_rate"},   {7, "strategy"},     {10, "https"},    {11, "backend_url"},
      {12, "rate_per_sec"}, {14, "max_clients"}, {15, "client_id"}};
  const TempDir dir;
  const auto file = dir.Write("the-config.yaml", yaml);
  const bool checking = GENERATE(true, false);
  const auto finished = RunBalancer(checking ? std::vector<std::string>{"check", file}
                                             : std::vector<std::string>{"--config-path", file});
  INFO(finished.output);
  CHECK(finished.exit_code == 1);
  for (const auto& [line, word] : mistakes) {
    INFO("line " << line << ", " << word);
    bool told = false;
    std::istringstream lines(finished.output);
    for (std::string said; std::getline(lines, said);) {
      told |= said.find("the-config.yaml:" + std::to_string(line) + ":") != std::string::npos &&
              said.find(word) != std::string::npos;
    }
    CHECK(told);
  }
}

TEST_CASE("each mistake alone is an error that names its key") {
  const auto [yaml, word] = GENERATE(table<std::string, std::string>({
      {"backend_list: []\n", "backend_list"},
      {"server: {port: 1}\n", "backend_list"},
      {kBackends + "unheard_of: 1\n", "unheard_of"},
      {kBackends + "strategy: round-robin\nstrategy: round-robin\n", "strategy"},
      {kBackends + "server: {port: -1}\n", "port"},
      {kBackends + "server: {port: [1]}\n", "port"},
      {kBackends + "server: {share_port: perhaps}\n", "share_port"},
      {kBackends + "server: {timeouts: {idle: 5 parsecs}}\n", "idle"},
      {kBackends + "server: {timeouts: {idle: -5s}}\n", "idle"},
      {kBackends + "server: {timeouts: 5s}\n", "timeouts"},
      {kBackends + "server: 5\n", "server"},
      {kBackends + "default_limits: {rate_per_sec: 5}\n", "capacity"},
      {kBackends + "default_limits: {capacity: 1.5, rate_per_sec: 5}\n", "capacity"},
      {kBackends + "default_limits: {capacity: 1, rate_per_sec: 0}\n", "rate_per_sec"},
      {kBackends + "default_limits: {capacity: 1, rate_per_sec: .nan}\n", "rate_per_sec"},
      {kBackends + "rate_limit: {on_storage_error: shrug}\n", "on_storage_error"},
      {kBackends + "rate_limit: {trusted_proxies: [10.0.0.0/99]}\n", "trusted_proxies"},
      {kBackends + "admin: {allow: [localhost]}\n", "allow"},
      {kBackends + "log: {level: loud}\n", "level"},
      {kBackends + "upstream: {attempts: 0}\n", "attempts"},
      {kBackends + "server: {frontend: evhttp, body_bytes: 0}\n", "body_bytes"},
      {kBackends + "    weight: 0\n", "weight"},
      {kBackends + "    config: {health: {expect: \"2xx\"}}\n", "expect"},
      {kBackends + "    config: {health: {rise: 0}}\n", "rise"},
      {kBackends + "    config: {health: {url: no-slash}}\n", "url"},
      {kBackends + "    config: {wealth: {}}\n", "wealth"},
      {"backend_list:\n  - weight: 1\n", "backend_url"},
      {"backend_list:\n  - backend_url: ftp://127.0.0.1\n", "backend_url"},
      {"backend_list:\n  - backend_url: \"http://\"\n", "backend_url"},
      {"backend_list:\n  - backend_url: http://a:0\n", "backend_url"},
      {"backend_list:\n  - backend_url: http://a:70000\n", "backend_url"},
      {"backend_list:\n  - backend_url: http://a/?query\n", "backend_url"},
      {"backend_list:\n  - backend_url: http://user@a\n", "backend_url"},
      {"backend_list:\n  - backend_url: \"${E2E_UNSET}\"\n", "E2E_UNSET"},
      {kBackends + "admin: {token: \"${E2E_UNSET}\"}\n", "E2E_UNSET"},
      {"server: {port: 1\n", "the-config.yaml"},
      {"- a\n- list\n", "the-config.yaml"},
      {"", "the-config.yaml"},
  }));
  INFO(yaml);
  const auto finished = Check(yaml);
  INFO(finished.output);
  CHECK(finished.exit_code == 1);
  CHECK_THAT(finished.output, Catch::Contains(word));
  CHECK_THAT(finished.output, Catch::Contains("the-config.yaml"));
}

TEST_CASE("${NAME} comes from the environment, with its default where it has one") {
  const std::string yaml =
      "server: {port: \"${E2E_PORT:-70000}\"}\nbackend_list:\n  - backend_url: ${E2E_URL}\n";
  CHECK(Check(yaml, {{"E2E_PORT=8080", "E2E_URL=http://127.0.0.1:1"}}).exit_code == 0);
  CHECK(Check(yaml, {{"E2E_URL=http://127.0.0.1:1"}}).exit_code == 1);
  CHECK(Check(yaml, {{"E2E_PORT=8080", "E2E_URL=nonsense"}}).exit_code == 1);
}

TEST_CASE("a file that is missing is named") {
  for (const auto& arguments :
       {std::vector<std::string>{"check", "no-such-file.yaml"},
        std::vector<std::string>{"--config-path", "no-such-file.yaml"},
        std::vector<std::string>{"migrate", "up", "--config-path", "no-such-file.yaml"}}) {
    const auto finished = RunBalancer(arguments);
    INFO(finished.output);
    CHECK(finished.exit_code == 1);
    CHECK_THAT(finished.output, Catch::Contains("no-such-file.yaml"));
  }
  INFO("the default is config/config.yaml");
  const auto finished = RunBalancer({});
  CHECK(finished.exit_code == 1);
  CHECK_THAT(finished.output, Catch::Contains("config/config.yaml"));
}
