// The backend of the benchmark, made to cost little beside what is measured: one thread that
// answers each request on kept-alive connections with 200 and
//
//   GET /bytes/N   N bytes
//   otherwise      108 bytes of JSON, after the request's body has been read and dropped
//
//   backend PORT   on 127.0.0.1
#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "common.hpp"

namespace bench {
namespace {

constexpr std::string_view kSmallAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 108\r\n\r\n"
    R"({"id":4711,"name":"an answer of an ordinary size","tags":["small","static"],)"
    R"("price":12.50,"currency":"EUR"})"
    "\n";
const std::string kFiller(256 * 1024, 'x');

struct Connection {
  int fd;
  std::string input;              // of a head that is not whole yet
  std::uint64_t body_left = 0;    // of the request, to be dropped
  std::string output;             // small answers and heads that are not sent yet
  std::uint64_t filler_left = 0;  // of the answer's body, after `output`
};

// False when the connection is at its end.
bool Send(Connection& connection) {
  while (!connection.output.empty() || connection.filler_left > 0) {
    const std::string& from = connection.output.empty() ? kFiller : connection.output;
    std::uint64_t size = from.size();
    if (connection.output.empty()) size = std::min(size, connection.filler_left);
    const ssize_t sent = ::send(connection.fd, from.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    if (connection.output.empty()) {
      connection.filler_left -= static_cast<std::uint64_t>(sent);
    } else {
      connection.output.erase(0, static_cast<std::size_t>(sent));
    }
  }
  return true;
}

void Answer(Connection& connection, std::string_view head) {
  constexpr std::string_view kBytes = "GET /bytes/";
  if (head.substr(0, kBytes.size()) != kBytes) {
    connection.output += kSmallAnswer;
    return;
  }
  connection.filler_left = std::strtoull(head.data() + kBytes.size(), nullptr, 10);
  connection.output +=
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
      std::to_string(connection.filler_left) + "\r\n\r\n";
}

void Take(Connection& connection, std::string_view data) {
  while (!data.empty()) {
    if (connection.body_left > 0) {
      const std::uint64_t dropped = std::min<std::uint64_t>(connection.body_left, data.size());
      connection.body_left -= dropped;
      data.remove_prefix(dropped);
      if (connection.body_left == 0) connection.output += kSmallAnswer;
      continue;
    }
    connection.input += data;
    const std::size_t end = connection.input.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string_view head(connection.input.data(), end + 4);
    connection.body_left = head[0] == 'G' ? 0 : BodyLength(head);
    if (connection.body_left == 0) Answer(connection, head);
    data.remove_prefix(data.size() - (connection.input.size() - head.size()));
    connection.input.clear();
  }
}

// False when the connection is at its end.
bool Serve(Connection& connection, bool hung_up) {
  static std::vector<char> buffer(256 * 1024);
  for (;;) {
    const ssize_t got = ::recv(connection.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
    if (got < 0) return Send(connection);
    Take(connection, {buffer.data(), static_cast<std::size_t>(got)});
    if (static_cast<std::size_t>(got) < buffer.size() && !hung_up) return Send(connection);
  }
}

[[noreturn]] void Run(std::uint16_t port) {
  const int listener = NewSocket();
  Check(::fcntl(listener, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  const int on = 1;
  Check(::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
  const sockaddr_in address = Loopback(port);
  Check(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  Check(::listen(listener, 4096), "listen");

  const int epoll = Check(::epoll_create1(0), "epoll_create1");
  Watch(epoll, listener, EPOLLIN, nullptr);
  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        int fd = 0;
        while ((fd = ::accept(listener, nullptr, nullptr)) >= 0) {
          ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
          Watch(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, new Connection{fd, {}, 0, {}, 0});
        }
      } else if (!Serve(*connection, (events[i].events & ~(EPOLLIN | EPOLLOUT)) != 0)) {
        ::close(connection->fd);
        delete connection;
      }
    }
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc != 2) bench::Die("usage: backend PORT");
  bench::Run(static_cast<std::uint16_t>(std::atoi(argv[1])));
}
