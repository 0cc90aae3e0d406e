#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/http.hpp"

namespace balancer::e2e {

// A backend's side of one connection. Used on that connection's thread; every wait ends when the
// backend is stopped.
class Peer {
 public:
  explicit Peer(int fd) : socket_(fd), reader_(socket_) {}

  // False: the balancer is gone.
  bool Send(std::string_view bytes) { return socket_.Send(bytes); }
  // One byte a write.
  bool SendByteByByte(std::string_view bytes);
  // The body of a request whose head alone was read (ScriptedBackend::Options::heads_only).
  void ReadBody(Message& request) { reader_.ReadBody(request, false); }
  // The next line as it comes, without its LF. False: there is none.
  bool ReadLine(std::string& line) { return reader_.ReadLine(line); }
  // The connection's next request, read past the script.
  Message ReadRequest() { return reader_.ReadRequest(); }
  // Says nothing more and waits until the balancer closes. False: not in time.
  bool Hang(milliseconds timeout = kPatience);
  void HalfClose() { socket_.HalfClose(); }
  void Close();
  void Reset();
  bool open() const { return socket_.open(); }

 private:
  friend class ScriptedBackend;
  void Unblock();

  std::mutex mu_;  // closing against Unblock()
  TcpSocket socket_;
  MessageReader reader_;
};

// A backend that records the exact bytes of every request and answers by script: in-process, a
// thread a connection. Health checks (any target ending in /health) are answered by itself and
// are neither recorded nor given to the script.
class ScriptedBackend {
 public:
  // Answers one request; the connection goes on to the next one unless it closes it.
  using Script = std::function<void(Message& request, Peer& peer)>;
  enum class Health { passing, failing, hanging };
  struct Options {
    bool heads_only = false;  // the script reads bodies, or leaves them
    std::string health_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    milliseconds health_delay{0};
    int receive_buffer = 0;  // SO_RCVBUF, bytes; 0: the kernel's choice
  };

  explicit ScriptedBackend(Script script);
  ScriptedBackend(Script script, Options options);
  // Sends these bytes to every request.
  explicit ScriptedBackend(std::string answer);
  ~ScriptedBackend() { Stop(); }
  ScriptedBackend(const ScriptedBackend&) = delete;
  ScriptedBackend& operator=(const ScriptedBackend&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // Refuses connects and closes all that there are; then is back on the same port.
  void Stop();
  void Start();
  void SetHealth(Health health) { health_ = health; }

  std::vector<Message> requests() const;
  // The newest request; an empty one when there is none.
  Message last_request() const;
  std::size_t request_count() const;
  bool WaitForRequests(std::size_t count) const;
  // Checks answered (or left hanging), and their heads.
  std::size_t health_checks() const;
  std::vector<Message> health_requests() const;
  // Connections now, and ever.
  std::size_t open_connections() const { return open_connections_; }
  std::size_t connections() const { return connections_; }

 private:
  struct Connection {
    explicit Connection(int fd) : peer(fd) {}
    Peer peer;
    std::atomic<bool> done = false;
    std::thread thread;
  };

  void Accept();
  void Serve(Connection& connection);
  void AnswerHealthCheck(const Message& request, Peer& peer);
  void JoinDone();

  const Script script_;
  const Options options_;
  const std::uint16_t port_;
  std::atomic<Health> health_ = Health::passing;
  std::atomic<bool> stopping_ = true;
  std::atomic<std::size_t> open_connections_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  int listener_ = -1;
  std::thread acceptor_;
  std::list<std::unique_ptr<Connection>> live_;  // the acceptor's; Stop()'s once it has ended

  mutable std::mutex mu_;
  std::vector<Message> requests_;         // guarded by mu_
  std::vector<Message> health_requests_;  // guarded by mu_
};

// "HTTP/1.1 200 OK" with that body and its length.
std::string Ok(std::string_view body = "ok", std::string_view fields = "");

}  // namespace balancer::e2e
