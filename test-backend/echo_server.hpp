#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace test_backend {

// The echo behind a socket: libevent's evhttp on one thread.
//
// Any method evhttp knows and any path get Echo(); `GET /health` (and HEAD) gets 200. A request
// whose head is over 64 KiB or whose body is over 64 MiB is refused by evhttp.
class EchoServer {
 public:
  // `host_port` is "127.0.0.1:8081", "localhost:8081" or "[::1]:8081"; port 0 lets the kernel
  // choose. The error says what is wrong with the address, or why it cannot be had.
  static tl::expected<EchoServer, std::string> Listen(std::string_view host_port);

  EchoServer(EchoServer&&) noexcept;
  EchoServer& operator=(EchoServer&&) noexcept;
  ~EchoServer();

  // The address as told, with the port that is really used.
  const std::string& address() const;

  // Serves until SIGTERM or SIGINT.
  void Run();

 private:
  struct Impl;
  explicit EchoServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace test_backend
