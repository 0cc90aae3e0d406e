#include "test-backend/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

#include "test-backend/connection.hpp"
#include "test-backend/deferrals.hpp"
#include "test-backend/listener.hpp"

namespace test_backend {
namespace {

using State = Connection::State;

constexpr std::size_t kMaxUnsent = 64 * 1024;  // no further request is answered above it

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {
    if (fd < 0) throw std::system_error(errno, std::system_category());
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return fd_; }

 private:
  const int fd_;
};

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int SignalDescriptor() {
  const sigset_t signals = EndSignals();
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

void RaiseOpenFileLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// IMF-fixdate (RFC 9110 §5.6.7), made anew each second.
class DateField {
 public:
  std::string_view Now() {
    const std::time_t now = std::time(nullptr);
    if (now != second_) {
      second_ = now;
      std::tm parts{};
      ::gmtime_r(&now, &parts);
      length_ = std::strftime(text_.data(), text_.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    }
    return {text_.data(), length_};
  }

 private:
  std::time_t second_ = -1;
  std::array<char, 32> text_{};
  std::size_t length_ = 0;
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(Listener listener)
      : address_(std::move(listener.address)),
        listener_(listener.fd),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        signals_(SignalDescriptor()),
        wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    RaiseOpenFileLimit();
    Watch(listener_, EPOLLIN, 0);
    Watch(signals_, EPOLLIN, 0);
    Watch(wake_, EPOLLIN, 0);
  }

  const std::string& address() const { return address_; }

  void Run(Handler& handler) {
    handler_ = &handler;
    while (!stopped_) {
      // To the next whole millisecond: never too early, and one turn serves all that are due in it.
      using std::chrono::ceil, std::chrono::milliseconds;
      now_ = Deferrals::Clock::now();
      const auto next = Sweep();
      const auto left = next ? ceil<milliseconds>(*next - now_).count() : -1;
      std::array<epoll_event, 512> events;
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(left));
      now_ = Deferrals::Clock::now();
      for (int i = 0; i < count; ++i) OnEvent(events[static_cast<std::size_t>(i)]);
    }
  }

  void Complete(Ticket ticket, Reply reply) {
    bool first = false;
    {
      std::lock_guard lock(mu_);
      first = completed_.empty();
      completed_.emplace_back(ticket, std::move(reply));
    }
    const std::uint64_t one = 1;
    if (first) [[maybe_unused]]
      const auto written = ::write(wake_, &one, sizeof one);
  }

 private:
  void Watch(int fd, std::uint32_t events, std::uint32_t generation) {
    epoll_event event{};
    event.events = events | EPOLLET;
    event.data.u64 = std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
      throw std::system_error(errno, std::system_category());
    }
  }

  void OnEvent(const epoll_event& event) {
    const int fd = static_cast<int>(event.data.u64 & 0xffffffff);
    if (fd == listener_) return Accept();
    if (fd == wake_) return TakeCompleted();
    if (fd == signals_) {
      stopped_ = true;
      return;
    }
    Connection* connection = Find(fd);
    if (connection == nullptr || connection->generation() != event.data.u64 >> 32) return;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0 && connection->state() != State::drained) {
      return Close(*connection);
    }
    if ((event.events & ~EPOLLOUT) != 0) {
      connection->SetReadable((event.events & EPOLLRDHUP) != 0);
    }
    Advance(*connection);
  }

  void Accept() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) {
        // Tried again when a connection is closed, if it was for want of descriptors.
        accept_again_ = errno != EAGAIN;
        if (errno == ECONNABORTED) continue;
        return;
      }
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const auto slot = static_cast<std::size_t>(fd);
      if (slot >= connections_.size()) connections_.resize(slot + 1);
      connections_[slot] = std::make_unique<Connection>(fd, ++generation_);
      Watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, generation_);
    }
  }

  Connection* Find(int fd) {
    const auto slot = static_cast<std::size_t>(fd);
    return slot < connections_.size() ? connections_[slot].get() : nullptr;
  }

  // The connection on which that request still waits for its answer.
  Connection* Find(Ticket ticket) {
    Connection* connection = Find(ticket.fd);
    return connection != nullptr && connection->state() == State::waits &&
                   connection->request_number() == ticket.number
               ? connection
               : nullptr;
  }

  void Close(Connection& connection) {
    connections_[static_cast<std::size_t>(connection.fd())].reset();
    if (std::exchange(accept_again_, false)) Accept();
  }

  // Reads, answers and sends as far as it goes; may close.
  void Advance(Connection& connection) {
    connection.Flush();
    while (connection.state() == State::open && connection.unsent() < kMaxUnsent) {
      const auto progress = connection.reader().Next();
      if (progress != RequestReader::Progress::incomplete) {
        Serve(connection, progress);
      } else if (connection.readable()) {
        connection.Read();
      } else {
        if (connection.reader().TakeExpectation()) connection.PutContinue();
        break;
      }
    }
    connection.Flush();
    while (connection.state() == State::drained && connection.readable()) connection.Read();
    if (connection.state() == State::dead) Close(connection);
  }

  void Serve(Connection& connection, RequestReader::Progress progress) {
    const RequestReader& reader = connection.reader();
    if (progress == RequestReader::Progress::bad) {
      const Reply reply{reader.error_status(), R"({"error":"the request cannot be read"})"};
      return connection.Put(reply, date_.Now(), false, true);
    }
    const Ticket ticket{connection.fd(), ++request_number_};
    const auto answer =
        handler_->OnRequest({address_, reader.method(), reader.uri(), reader.body()}, ticket);
    if (const auto* reply = std::get_if<Reply>(&answer)) return Put(connection, *reply);
    connection.Wait(ticket.number);
    deferrals_.Add(*std::get<const Deferral*>(answer), ticket, now_);
  }

  void Put(Connection& connection, const Reply& reply) {
    const RequestReader& reader = connection.reader();
    connection.Put(reply, date_.Now(), reader.method() == "HEAD", !reader.keep_alive());
  }

  void Answer(Ticket ticket, const Reply& reply) {
    Connection* connection = Find(ticket);
    if (connection == nullptr) return;
    Put(*connection, reply);
    Advance(*connection);
  }

  void TakeCompleted() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_, &count, sizeof count);
    std::vector<std::pair<Ticket, Reply>> completed;
    {
      std::lock_guard lock(mu_);
      completed.swap(completed_);
    }
    for (const auto& [ticket, reply] : completed) Answer(ticket, reply);
  }

  std::optional<Deferrals::Clock::time_point> Sweep() {
    return deferrals_.Sweep(
        now_, [this](Ticket ticket) { return Find(ticket) == nullptr; },
        [this](Ticket ticket, const Reply& reply) { Answer(ticket, reply); });
  }

  const std::string address_;
  const Descriptor listener_;
  const Descriptor epoll_;
  const Descriptor signals_;
  const Descriptor wake_;
  Handler* handler_ = nullptr;
  bool stopped_ = false;
  bool accept_again_ = false;
  std::uint32_t generation_ = 0;
  std::uint64_t request_number_ = 0;
  Deferrals::Clock::time_point now_ =
      Deferrals::Clock::now();  // read again before and after each wait
  DateField date_;
  Deferrals deferrals_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by descriptor

  std::mutex mu_;
  std::vector<std::pair<Ticket, Reply>> completed_;  // guarded by mu_
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

tl::expected<Server, std::string> Server::Open(std::string_view host_port) {
  auto listener = Listen(host_port);
  if (!listener) return tl::unexpected(listener.error());
  return Server(std::make_unique<Impl>(std::move(*listener)));
}

const std::string& Server::address() const {
  return impl_->address();
}

void Server::Run(Handler& handler) {
  impl_->Run(handler);
}

void Server::Complete(Ticket ticket, Reply reply) {
  impl_->Complete(ticket, std::move(reply));
}

}  // namespace test_backend
