#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "test-backend/message.hpp"

namespace test_backend {

// Names a request that is not answered yet.
struct Ticket {
  int fd;
  std::uint64_t number;  // of the process, so that no later request on that connection is meant
};

// An answer for later: `reply`, `after` that time, unless Server::Complete() has come first.
struct Deferral {
  std::chrono::milliseconds after;
  Reply reply;
};

// Who answers requests, on the server's thread. Reply: now. Deferral: later; it is kept by address,
// and outlives the server.
class Handler {
 public:
  using Answer = std::variant<Reply, const Deferral*>;

  virtual ~Handler() = default;
  virtual Answer OnRequest(const Request& request, Ticket ticket) = 0;
};

// HTTP/1.1 on one thread: epoll and nothing between, because at 20,000 answers a second beside the
// balancer and its load each microsecond counts. Requests of a connection are answered one after
// the other. It stands behind a balancer, so no time limit is put to what a client does.
class Server {
 public:
  // As Listen() in listener.hpp.
  static tl::expected<Server, std::string> Open(std::string_view host_port);

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  // The address as told, with the port that is really used.
  const std::string& address() const;

  // Serves until SIGTERM or SIGINT. REQUIRES: these are blocked in every thread.
  void Run(Handler& handler);

  // Answers a deferred request; does nothing if it was answered, or if its client has left. Any
  // thread.
  void Complete(Ticket ticket, Reply reply);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace test_backend
