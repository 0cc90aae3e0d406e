#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/e2e/support/deadline.hpp"

namespace balancer::e2e {

struct ConnectOptions {
  int receive_buffer = 0;            // SO_RCVBUF, bytes; 0: the kernel's choice
  std::string source = "127.0.0.1";  // any 127.x.y.z: a client with an address of its own
};

// A TCP socket, spoken to in raw bytes. One thread at a time.
class TcpSocket {
 public:
  enum class Got { bytes, closed, reset, nothing };  // nothing: in time

  // Throws when nobody listens.
  static TcpSocket Connect(std::uint16_t port, const ConnectOptions& options = {});
  // Takes over an accepted descriptor.
  explicit TcpSocket(int fd);
  TcpSocket(TcpSocket&& other) noexcept;
  TcpSocket& operator=(TcpSocket&& other) noexcept;
  ~TcpSocket() { Close(); }

  // False: the peer is gone, or does not read.
  bool Send(std::string_view bytes, milliseconds timeout = kPatience);
  // What is there, appended to `out`; waits for at least one byte.
  Got Receive(std::string& out, milliseconds timeout = kPatience);

  // Says that nothing more will be sent.
  void HalfClose();
  void Close();
  // Closes with an RST instead of a FIN.
  void Reset();

  bool open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  std::uint16_t local_port() const;

 private:
  int fd_ = -1;
};

// Whether a connect to this loopback port succeeds.
bool Listens(std::uint16_t port);

}  // namespace balancer::e2e
