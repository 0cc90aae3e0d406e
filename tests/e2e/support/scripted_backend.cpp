#include "tests/e2e/support/scripted_backend.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/e2e/support/ports.hpp"

namespace balancer::e2e {
namespace {

constexpr auto kForever = std::chrono::minutes(10);

std::string Target(const Message& request) {
  const auto begin = request.start_line.find(' ') + 1;
  return request.start_line.substr(begin, request.start_line.rfind(' ') - begin);
}

}  // namespace

bool Peer::SendByteByByte(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!Send(bytes.substr(i, 1))) return false;
    std::this_thread::sleep_for(100us);
  }
  return true;
}

bool Peer::Hang(milliseconds timeout) {
  const Deadline deadline(timeout);
  std::string ignored;
  while (!deadline.passed()) {
    const auto got = socket_.Receive(ignored, deadline.left());
    if (got == TcpSocket::Got::closed || got == TcpSocket::Got::reset) return true;
  }
  return false;
}

void Peer::Close() {
  const std::lock_guard lock(mu_);
  socket_.Close();
}

void Peer::Reset() {
  const std::lock_guard lock(mu_);
  socket_.Reset();
}

void Peer::Unblock() {
  const std::lock_guard lock(mu_);
  if (socket_.open()) shutdown(socket_.fd(), SHUT_RDWR);
}

ScriptedBackend::ScriptedBackend(Script script) : ScriptedBackend(std::move(script), Options()) {}

ScriptedBackend::ScriptedBackend(Script script, Options options)
    : script_(std::move(script)), options_(std::move(options)), port_(FreePort()) {
  Start();
}

ScriptedBackend::ScriptedBackend(std::string answer)
    : ScriptedBackend([answer = std::move(answer)](Message&, Peer& peer) { peer.Send(answer); }) {}

void ScriptedBackend::Start() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (const int bytes = options_.receive_buffer; bytes > 0) {
    setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 1024) != 0) {
    throw std::runtime_error("a scripted backend cannot listen on " + std::to_string(port_));
  }
  stopping_ = false;
  acceptor_ = std::thread([this] { Accept(); });
}

void ScriptedBackend::Stop() {
  if (stopping_.exchange(true)) return;
  acceptor_.join();
  close(listener_);
  for (auto& connection : live_) connection->peer.Unblock();
  for (auto& connection : live_) connection->thread.join();
  live_.clear();
}

void ScriptedBackend::Accept() {
  while (!stopping_) {
    JoinDone();
    pollfd ready{listener_, POLLIN, 0};
    if (poll(&ready, 1, 10) <= 0) continue;
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ++connections_;
    ++open_connections_;
    auto& connection = *live_.emplace_back(std::make_unique<Connection>(fd));
    connection.thread = std::thread([this, &connection] { Serve(connection); });
  }
}

void ScriptedBackend::JoinDone() {
  live_.remove_if([](const auto& connection) {
    if (!connection->done) return false;
    connection->thread.join();
    return true;
  });
}

void ScriptedBackend::Serve(Connection& connection) {
  Peer& peer = connection.peer;
  while (peer.open()) {
    Message request = peer.reader_.ReadRequestHead(kForever);
    if (request.start_line.empty()) break;
    if (Target(request).ends_with("/health")) {
      AnswerHealthCheck(request, peer);
      continue;
    }
    if (!options_.heads_only) peer.ReadBody(request);
    if (!options_.heads_only && !request.whole()) break;
    {
      const std::lock_guard lock(mu_);
      requests_.push_back(request);
    }
    script_(request, peer);
  }
  peer.Close();
  --open_connections_;
  connection.done = true;
}

void ScriptedBackend::AnswerHealthCheck(const Message& request, Peer& peer) {
  {
    const std::lock_guard lock(mu_);
    health_requests_.push_back(request);
  }
  std::this_thread::sleep_for(options_.health_delay);
  switch (health_) {
    case Health::passing:
      peer.Send(options_.health_answer);
      break;
    case Health::failing:
      peer.Send("HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n");
      break;
    case Health::hanging:
      peer.Hang(kForever);
      peer.Close();
      break;
  }
}

std::vector<Message> ScriptedBackend::requests() const {
  const std::lock_guard lock(mu_);
  return requests_;
}

Message ScriptedBackend::last_request() const {
  const std::lock_guard lock(mu_);
  return requests_.empty() ? Message() : requests_.back();
}

std::size_t ScriptedBackend::request_count() const {
  const std::lock_guard lock(mu_);
  return requests_.size();
}

bool ScriptedBackend::WaitForRequests(std::size_t count) const {
  return Eventually([&] { return request_count() >= count; });
}

std::size_t ScriptedBackend::health_checks() const {
  const std::lock_guard lock(mu_);
  return health_requests_.size();
}

std::vector<Message> ScriptedBackend::health_requests() const {
  const std::lock_guard lock(mu_);
  return health_requests_;
}

std::string Ok(std::string_view body, std::string_view fields) {
  std::string answer = "HTTP/1.1 200 OK\r\n";
  answer.append(fields);
  answer.append("Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  return answer.append(body);
}

}  // namespace balancer::e2e
