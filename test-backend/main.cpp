#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string>

#include "test-backend/echo_server.hpp"

int main(int argc, char** argv) {
  std::string host_port = "127.0.0.1:8081";
  CLI::App app("An echo server to stand behind the balancer.", "test-backend");
  app.add_option("--host-port", host_port, "Address to listen on; port 0: any free one")
      ->envname("HOST_PORT")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  std::signal(SIGPIPE, SIG_IGN);
  auto server = test_backend::EchoServer::Listen(host_port);
  if (!server) {
    std::cerr << "test-backend: " << server.error() << '\n';
    return 1;
  }
  std::cout << "listening on " << server->address() << std::endl;
  server->Run();
  return 0;
}
