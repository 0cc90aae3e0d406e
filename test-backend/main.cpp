#include <signal.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>

#include "test-backend/router.hpp"
#include "test-backend/server.hpp"

namespace {

// The server reads them from a descriptor; a thread inherits what is blocked.
void BlockEndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  std::string host_port = "127.0.0.1:8081";
  std::optional<int> ping_delay_ms;
  CLI::App app("An echo server to stand behind the balancer.", "test-backend");
  app.add_option("--host-port", host_port, "Address to listen on; port 0: any free one")
      ->envname("HOST_PORT")
      ->capture_default_str();
  app.add_option("--ping-delay", ping_delay_ms,
                 "GET /ping/ is answered after this: 200ms, 2s; a bare number is milliseconds")
      ->envname("PING_DELAY_MS")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, int>{{"ms", 1}, {"s", 1000}},
                                        CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->check(CLI::Range(0, 3'600'000));
  CLI11_PARSE(app, argc, argv);

  signal(SIGPIPE, SIG_IGN);
  BlockEndSignals();
  auto server = test_backend::Server::Open(host_port);
  if (!server) {
    std::cerr << "test-backend: " << server.error() << '\n';
    return 1;
  }
  std::optional<std::chrono::milliseconds> ping_delay;
  if (ping_delay_ms) ping_delay.emplace(*ping_delay_ms);
  test_backend::Router router(ping_delay);
  std::cout << "listening on " << server->address() << std::endl;
  server->Run(router);
  return 0;
}
