// The load generator of the benchmark: one thread, HTTP/1.1 on loopback.
//
//   load --port PORT --requests N [OPTION VALUE]...
//
//   --host ADDRESS    of IPv4; 127.0.0.1
//   --connections N   at once; 64
//   --path PATH       to GET; /
//   --fields FILE     with further header fields, a line each
//   --upload BYTES    POST so many
//   --close 1         a connection for each request, which the server closes
//   --keys N          X-API-Key takes N values in turn, in a scattered order, from a random one on
//   --status CODE     that each is to be answered with; 200
//   --rate R          requests a second, evenly spaced (an open loop). Without it each connection
//                     sends the next request when it has the answer (a closed loop)
//
// Prints the requests a second, from the first answer to the last, and of the latency the mean and
// quantiles in microseconds: "rate R mean L p50 L p99 L max L". In an open loop the latency is
// counted from the instant at which the schedule wanted the request sent, so a server that keeps
// the schedule waiting does not hide what it did (coordinated omission). Ends with 1 if anything
// but a whole response with the status answers a request.
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <deque>
#include <fstream>
#include <map>
#include <numeric>
#include <random>
#include <vector>

#include "common.hpp"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint64_t requests = 0;
  std::size_t connections = 64;
  std::string path = "/";
  std::string fields;
  std::uint64_t upload = 0;
  bool close = false;
  std::uint64_t keys = 0;
  int status = 200;
  double rate = 0;
};

sockaddr_in AddressOf(const Options& options) {
  sockaddr_in address = Loopback(options.port);
  if (inet_pton(AF_INET, options.host.c_str(), &address.sin_addr) != 1) Die("no such --host");
  return address;
}

Options Parse(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  Options options;
  auto number = [&given](const char* name, auto& into) {
    const auto found = given.find(name);
    if (found != given.end())
      into = static_cast<std::decay_t<decltype(into)>>(std::stod(found->second));
    given.erase(name);
  };
  number("--port", options.port);
  number("--requests", options.requests);
  number("--connections", options.connections);
  number("--upload", options.upload);
  number("--close", options.close);
  number("--keys", options.keys);
  number("--status", options.status);
  number("--rate", options.rate);
  if (given.count("--host") > 0) options.host = given["--host"];
  if (given.count("--path") > 0) options.path = given["--path"];
  if (given.count("--fields") > 0) {
    std::ifstream file(given["--fields"]);
    if (!file) Die("cannot read " + given["--fields"]);
    for (std::string line; std::getline(file, line);) options.fields += line + "\r\n";
  }
  given.erase("--host");
  given.erase("--path");
  given.erase("--fields");
  if (argc % 2 == 0 || !given.empty() || options.requests == 0) Die("see the head of load.cpp");
  return options;
}

struct Connection {
  int fd = -1;
  Clock::time_point due;                          // when its request should have been sent
  std::uint64_t upload_left = 0;                  // of the request's body
  std::string input;                              // of a response's head that is not whole yet
  std::uint64_t body_left = 0;                    // of the response's body
  enum { idle, head, body, end } expects = idle;  // `end`: the server's close
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        address_(AddressOf(options)),
        epoll_(Check(::epoll_create1(0), "epoll_create1")),
        connections_(options.connections),
        buffer_(256 * 1024),
        next_key_(std::random_device{}()) {
    request_ = (options.upload > 0 ? "POST " : "GET ") + options.path +
               " HTTP/1.1\r\nHost: " + options.host + ":" + std::to_string(options.port) + "\r\n" +
               options.fields;
    if (options.upload > 0)
      request_ += "Content-Length: " + std::to_string(options.upload) + "\r\n";
    if (options.close) request_ += "Connection: close\r\n";
    if (options.keys > 0) {
      request_ += "X-API-Key: client-";
      key_at_ = request_.size();
      request_ += "00000000\r\n";
    }
    request_ += "\r\n";
    latencies_.reserve(options.requests);
  }

  void Run() {
    // Without this the kernel lets a sleep of some microseconds last 50 longer.
    Check(::prctl(PR_SET_TIMERSLACK, 1), "timer slack");
    for (Connection& connection : connections_) {
      if (!options_.close) Connect(connection);
      idle_.push_back(&connection);
    }
    start_ = Clock::now();
    SendWhatIsDue();
    while (latencies_.size() < options_.requests) {
      Wait();
      SendWhatIsDue();
    }
    Report();
  }

 private:
  void Connect(Connection& connection) {
    connection.fd = NewSocket();
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    Check(::connect(connection.fd, address, sizeof address_), "connect");
    std::uint32_t events = EPOLLIN | EPOLLRDHUP;
    if (options_.upload > 0) events |= EPOLLOUT;
    Watch(epoll_, connection.fd, events, &connection);
  }

  Clock::time_point Due(std::uint64_t number) const {
    if (options_.rate == 0) return Clock::now();
    return start_ + std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(number) *
                                                                       1e9 / options_.rate));
  }

  void SendWhatIsDue() {
    while (!idle_.empty() && sent_ < options_.requests) {
      const Clock::time_point due = Due(sent_);
      if (options_.rate > 0 && due > Clock::now()) return;
      Connection& connection = *idle_.front();
      idle_.pop_front();
      connection.due = due;
      SendRequest(connection);
      ++sent_;
    }
  }

  void SendRequest(Connection& connection) {
    if (options_.close) Connect(connection);
    if (options_.keys > 0) {
      char key[9];
      // A prime, so that each value comes once before one comes again.
      std::snprintf(key, sizeof key, "%08u",
                    static_cast<unsigned>(next_key_++ * 2654435761U % options_.keys));
      request_.replace(key_at_, 8, key);
    }
    connection.expects = Connection::head;
    connection.upload_left = options_.upload;
    const ssize_t sent = ::send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size()))
      Die("send: " + std::string(std::strerror(errno)));
    SendBody(connection);
  }

  void SendBody(Connection& connection) {
    while (connection.upload_left > 0) {
      const std::uint64_t size = std::min<std::uint64_t>(connection.upload_left, filler_.size());
      const ssize_t sent = ::send(connection.fd, filler_.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) return;
      connection.upload_left -= static_cast<std::uint64_t>(Check(static_cast<int>(sent), "send"));
    }
  }

  // Until something comes or the next request is due.
  void Wait() {
    timespec limit{10, 0};
    if (options_.rate > 0 && !idle_.empty() && sent_ < options_.requests) {
      const auto left = std::max(Due(sent_) - Clock::now(), Clock::duration::zero());
      limit.tv_sec = left / std::chrono::seconds(1);
      limit.tv_nsec = (left % std::chrono::seconds(1)).count();
    }
    epoll_event events[256];
    const int count = Check(::epoll_pwait2(epoll_, events, 256, &limit, nullptr), "epoll_pwait2");
    if (count == 0 && limit.tv_sec == 10) Die("no answer for ten seconds");
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      SendBody(connection);
      Receive(connection, (events[i].events & ~(EPOLLIN | EPOLLOUT)) != 0);
    }
  }

  void Receive(Connection& connection, bool hung_up) {
    for (;;) {
      const ssize_t got = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got < 0 && errno == EAGAIN) return;
      if (got == 0 && connection.expects == Connection::end) {
        ::close(connection.fd);
        Finish(connection);
        return;
      }
      if (got <= 0) Die("the server closed a connection too soon");
      Take(connection, {buffer_.data(), static_cast<std::size_t>(got)});
      if (static_cast<std::size_t>(got) < buffer_.size() && !hung_up && !options_.close) return;
    }
  }

  void Take(Connection& connection, std::string_view data) {
    if (connection.expects == Connection::head) {
      if (!connection.input.empty()) data = connection.input += data;
      const std::size_t end = data.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        if (connection.input.empty()) connection.input = data;
        return;
      }
      const std::string_view head = data.substr(0, end + 4);
      if (head.substr(0, status_.size()) != status_) Die("answered with " + std::string(head));
      connection.body_left = BodyLength(head);
      connection.expects = Connection::body;
      data.remove_prefix(head.size());
      TakeBody(connection, data.size());
      connection.input.clear();
    } else {
      TakeBody(connection, data.size());
    }
  }

  void TakeBody(Connection& connection, std::uint64_t size) {
    if (connection.expects != Connection::body || size > connection.body_left) {
      Die("bytes that belong to no answer");
    }
    connection.body_left -= size;
    if (connection.body_left > 0) return;
    if (options_.close) {
      connection.expects = Connection::end;
    } else {
      Finish(connection);
    }
  }

  void Finish(Connection& connection) {
    if (connection.upload_left > 0) Die("an answer before the upload's end");
    connection.expects = Connection::idle;
    if (latencies_.empty()) first_answer_ = Clock::now();
    latencies_.push_back(
        std::chrono::duration<float, std::micro>(Clock::now() - connection.due).count());
    idle_.push_back(&connection);
  }

  void Report() {
    const std::chrono::duration<double> took = Clock::now() - first_answer_;
    std::sort(latencies_.begin(), latencies_.end());
    const auto quantile = [this](double q) {
      return latencies_[static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    const auto count = static_cast<double>(latencies_.size());
    const double sum = std::accumulate(latencies_.begin(), latencies_.end(), 0.0);
    std::printf("rate %.1f mean %.1f p50 %.1f p99 %.1f max %.1f\n", (count - 1) / took.count(),
                sum / count, quantile(0.5), quantile(0.99), quantile(1));
  }

  const Options options_;
  const sockaddr_in address_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::deque<Connection*> idle_;  // the one that has waited longest in front
  std::vector<char> buffer_;
  const std::string filler_ = std::string(256 * 1024, 'x');
  const std::string status_ = "HTTP/1.1 " + std::to_string(options_.status) + " ";
  std::string request_;
  std::size_t key_at_ = 0;  // in request_
  std::uint64_t next_key_;
  Clock::time_point start_;
  Clock::time_point first_answer_;
  std::uint64_t sent_ = 0;
  std::vector<float> latencies_;  // microseconds, one for each request answered
};

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  bench::Load(bench::Parse(argc, argv)).Run();
}
