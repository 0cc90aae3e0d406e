#include <signal.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "test-backend/make_users.hpp"
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

int Serve(const std::string& host_port, const test_backend::RouterOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  BlockEndSignals();
  auto server = test_backend::Server::Open(host_port);
  if (!server) {
    std::cerr << "test-backend: " << server.error() << '\n';
    return 1;
  }
  test_backend::Router router(options, *server);
  std::cout << "listening on " << server->address() << std::endl;
  server->Run(router);
  return 0;
}

int MakeUsers(const std::string& dsn, std::int64_t rows) {
  const auto made = test_backend::MakeUsers(dsn, rows);
  if (!made) {
    std::cerr << "test-backend: " << made.error() << '\n';
    return 1;
  }
  std::cout << "made " << *made << " users, " << rows - *made << " were there\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::string host_port = "127.0.0.1:8081";
  std::optional<int> ping_delay_ms;
  test_backend::RouterOptions options;
  options.users_threads = 10;
  std::int64_t rows = 10'000;

  CLI::App app("A server to stand behind the balancer: an echo, and on demand more.",
               "test-backend");
  app.add_option("--host-port", host_port, "Address to listen on; port 0: any free one")
      ->envname("HOST_PORT")
      ->capture_default_str();
  app.add_option("--ping-delay", ping_delay_ms,
                 "GET /ping/ is answered after this: 200ms, 2s; a bare number is milliseconds")
      ->envname("PING_DELAY_MS")
      ->transform(CLI::AsNumberWithUnit(std::map<std::string, int>{{"ms", 1}, {"s", 1000}},
                                        CLI::AsNumberWithUnit::CASE_SENSITIVE))
      ->check(CLI::Range(0, 3'600'000));
  const std::string dsn =
      "PostgreSQL with the users, as libpq takes it: 'host=… dbname=…' or a URI";
  auto* users_db = app.add_option("--users-db", options.users_dsn, dsn + "; serves the users API");
  app.add_option("--db-pool", options.users_threads, "Connections to it")
      ->check(CLI::Range(1, 1000))
      ->needs(users_db)
      ->capture_default_str();

  auto* make_users = app.add_subcommand("make-users", "Make the table of users and its rows");
  make_users->add_option("--users-db", options.users_dsn, dsn)->required();
  make_users->add_option("--rows", rows, "How many")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000'000}))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // libpq waits for ever otherwise.
  setenv("PGCONNECT_TIMEOUT", "2", 0);
  if (make_users->parsed()) return MakeUsers(options.users_dsn, rows);
  if (ping_delay_ms) options.ping_delay.emplace(*ping_delay_ms);
  return Serve(host_port, options);
}
