// The load of the users benchmark: one thread, HTTP/1.1 on loopback, kept-alive connections, each
// of which sends its next GET when it has the answer to the last (a closed loop).
//
//   load PORT TARGETS FIRST CLIENTS WARM_UP SECONDS OUT
//
//   TARGETS   a file with a target a line; they are sent in turn, from line FIRST (0 is the first)
//             on, and from the top again after the last
//   WARM_UP   seconds before the count begins
//   SECONDS   for which it lasts
//   OUT       a file for the latencies of what was answered with 200: 32-bit floats, microseconds
//
// Prints "answered N failed N took SECONDS". Failed is what got another status, no whole answer, or
// none in ten seconds; its connection is made anew.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <vector>

#include "../bench/common.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds kPatience{10};

struct Connection {
  int fd = -1;
  Clock::time_point sent;
  std::string input;  // of the answer, as far as it has come
};

class Load {
 public:
  Load(std::uint16_t port, std::vector<std::string> targets, std::size_t first, std::size_t clients)
      : address_(Loopback(port)), targets_(std::move(targets)), next_(first), clients_(clients) {}

  void Run(Seconds warm_up, Seconds seconds, const char* out) {
    for (Connection& client : clients_) Start(client);
    Until(Clock::now() + std::chrono::duration_cast<Clock::duration>(warm_up));
    latencies_.clear();
    failed_ = 0;
    const auto start = Clock::now();
    Until(start + std::chrono::duration_cast<Clock::duration>(seconds));
    const Seconds took = Clock::now() - start;

    std::ofstream(out, std::ios::binary)
        .write(reinterpret_cast<const char*>(latencies_.data()),
               static_cast<std::streamsize>(latencies_.size() * sizeof(float)));
    std::printf("answered %zu failed %zu took %f\n", latencies_.size(), failed_, took.count());
  }

 private:
  // Connects and asks. A connect to loopback takes no time, or fails at once.
  void Start(Connection& client) {
    client.fd = NewSocket();
    Check(::connect(client.fd, reinterpret_cast<const sockaddr*>(&address_), sizeof address_),
          "connect");
    Watch(epoll_, client.fd, EPOLLIN | EPOLLRDHUP, &client);
    Ask(client);
  }

  void Ask(Connection& client) {
    const std::string request = "GET " + targets_[next_++ % targets_.size()] +
                                " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n";
    client.input.clear();
    client.sent = Clock::now();
    // If it is cut short the connection is at its end, which Receive() sees.
    [[maybe_unused]] const auto sent =
        ::send(client.fd, request.data(), request.size(), MSG_NOSIGNAL);
  }

  void Fail(Connection& client) {
    ++failed_;
    ::close(client.fd);
    Start(client);
  }

  void Until(Clock::time_point end) {
    auto sweep = Clock::now() + std::chrono::seconds(1);
    epoll_event events[256];
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min(end, sweep) - now);
      const int count =
          Check(::epoll_wait(epoll_, events, 256, std::max(0, static_cast<int>(left.count()))),
                "epoll_wait");
      for (int i = 0; i < count; ++i) Receive(*static_cast<Connection*>(events[i].data.ptr));
      if (Clock::now() < sweep) continue;
      sweep = Clock::now() + std::chrono::seconds(1);
      for (Connection& client : clients_) {
        if (client.sent + kPatience < Clock::now()) Fail(client);
      }
    }
  }

  void Receive(Connection& client) {
    for (;;) {
      const ssize_t got = ::recv(client.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return Fail(client);
      client.input.append(buffer_.data(), static_cast<std::size_t>(got));
      const auto end = client.input.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      if (client.input.compare(0, 12, "HTTP/1.1 200") != 0) return Fail(client);
      const auto head = std::string_view(client.input).substr(0, end + 4);
      if (client.input.size() < head.size() + BodyLength(head)) continue;
      latencies_.push_back(
          std::chrono::duration<float, std::micro>(Clock::now() - client.sent).count());
      Ask(client);
    }
  }

  const sockaddr_in address_;
  const std::vector<std::string> targets_;
  const int epoll_ = Check(::epoll_create1(0), "epoll_create1");
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
  std::size_t next_;  // of targets_
  std::vector<Connection> clients_;
  std::vector<float> latencies_;
  std::size_t failed_ = 0;
};

std::vector<std::string> Lines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (lines.empty()) Die("no targets");
  return lines;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  if (argc != 8) bench::Die("see the head of load.cpp");
  bench::Load load(static_cast<std::uint16_t>(std::atoi(argv[1])), bench::Lines(argv[2]),
                   static_cast<std::size_t>(std::atoll(argv[3])),
                   static_cast<std::size_t>(std::atoll(argv[4])));
  load.Run(bench::Seconds(std::atof(argv[5])), bench::Seconds(std::atof(argv[6])), argv[7]);
}
