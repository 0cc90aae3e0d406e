#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/ports.hpp"
#include "tests/e2e/support/tcp.hpp"

namespace balancer::e2e {

// Stands between a balancer and its PostgreSQL, and on demand cuts a connection off where it hurts:
// the server has made a commit, and its answer does not arrive.
class CommitCutter {
 public:
  explicit CommitCutter(std::uint16_t server_port) : server_port_(server_port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 64) != 0) {
      throw std::runtime_error("CommitCutter: cannot listen");
    }
    thread_ = std::thread([this] { Run(); });
  }
  ~CommitCutter() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  CommitCutter(const CommitCutter&) = delete;
  CommitCutter& operator=(const CommitCutter&) = delete;

  std::uint16_t port() const { return port_; }
  // The next commit's answer gets lost. Waits until one has been. False: not in time.
  bool CutNext() {
    armed_ = true;
    return Eventually([this] { return !armed_; });
  }

 private:
  struct Link {
    TcpSocket client;
    TcpSocket server;
    bool committing = false;
  };

  void Run() {
    std::list<Link> links;
    while (!stopping_) {
      std::vector<pollfd> polled{{listener_, POLLIN, 0}};
      for (const Link& link : links) {
        polled.push_back({link.client.fd(), POLLIN, 0});
        polled.push_back({link.server.fd(), POLLIN, 0});
      }
      ::poll(polled.data(), polled.size(), 10);
      auto next = polled.begin() + 1;
      for (auto link = links.begin(); link != links.end(); next += 2) {
        const bool goes_on = (next[0].revents == 0 || FromClient(*link)) &&
                             (next[1].revents == 0 || FromServer(*link));
        link = goes_on ? std::next(link) : links.erase(link);
      }
      if (polled.front().revents != 0) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0) links.push_back({TcpSocket(fd), TcpSocket::Connect(server_port_)});
      }
    }
  }
  bool FromClient(Link& link) {
    std::string bytes;
    if (link.client.Receive(bytes) != TcpSocket::Got::bytes) return false;
    link.committing = armed_ && bytes.find("COMMIT") != std::string::npos;
    return link.server.Send(bytes);
  }
  bool FromServer(Link& link) {
    std::string bytes;
    if (link.server.Receive(bytes) != TcpSocket::Got::bytes) return false;
    if (!link.committing) return link.client.Send(bytes);
    armed_ = false;
    return false;
  }

  const std::uint16_t server_port_;
  const std::uint16_t port_ = FreePort();
  int listener_ = -1;
  std::atomic<bool> armed_{false};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace balancer::e2e
