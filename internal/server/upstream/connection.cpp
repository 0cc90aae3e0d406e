#include "internal/server/upstream/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>

#include <event2/event.h>

namespace balancer::server::upstream {
namespace {

// Reads in one turn before others get theirs.
constexpr int kReadsPerTurn = 16;
// A write buffer that grew past this is given back when it has been sent.
constexpr std::size_t kKeptOutBytes = 64 * 1024;

}  // namespace

bool IsOwnShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL;
}

Connection::~Connection() {
  // Events go before the descriptor: the loop must not know a closed one.
  read_event_.reset();
  write_event_.reset();
  if (fd_ >= 0) close(fd_);
}

int Connection::Connect(const SocketAddress& address, ConnectionUser& user) {
  SetUser(user);
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd_, address.get(), address.length) != 0 && errno != EINPROGRESS) return errno;

  connecting_ = true;  // until the socket is writable, which it may be at once
  read_event_.reset(event_new(loop_.base(), fd_, EV_READ | EV_CLOSED | EV_ET | EV_PERSIST,
                              &Connection::OnEvent, this));
  write_event_.reset(event_new(loop_.base(), fd_, EV_WRITE | EV_ET, &Connection::OnEvent, this));
  event_add(read_event_.get(), nullptr);
  event_add(write_event_.get(), nullptr);
  return 0;
}

void Connection::SetUser(ConnectionUser& user) {
  user_ = &user;
  sent_any_ = false;
  reading_ = true;
}

void Connection::OnEvent(int, short what, void* self) {
  static_cast<Connection*>(self)->HandleEvent(what);
}

void Connection::HandleEvent(short what) {
  const std::weak_ptr<void> alive = alive_;
  if (connecting_) {
    // A socket that fails to connect becomes readable and writable at once.
    FinishConnect();
    if (alive.expired()) return;
  }
  if (what & EV_CLOSED) end_seen_ = true;
  if (what & EV_WRITE) {
    const bool had_unsent = unsent() > 0;
    Flush();
    if (had_unsent && unsent() == 0) user_->OnDrained(*this);
  }
  if (!alive.expired() && (what & (EV_READ | EV_CLOSED)) && reading_) ReadAvailable();
}

void Connection::FinishConnect() {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  connecting_ = false;
  if (error != 0) return user_->OnConnectFailed(*this, error);
  user_->OnConnected(*this);
}

void Connection::Flush() {
  if (connecting_ || write_failed_ || unsent() == 0) return;
  const ssize_t sent =
      send(fd_, out_.data() + out_sent_, out_.size() - out_sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    // There may be a response to read all the same; if not, reading tells why.
    write_failed_ = true;
    out_.clear();
    out_sent_ = 0;
    event_active(read_event_.get(), EV_READ, 0);
    return;
  }
  if (sent > 0) {
    sent_any_ = true;
    out_sent_ += static_cast<std::size_t>(sent);
  }
  if (out_sent_ < out_.size()) {
    event_add(write_event_.get(), nullptr);
    return;
  }
  out_sent_ = 0;
  out_.clear();
  if (out_.capacity() > kKeptOutBytes) out_.shrink_to_fit();
}

void Connection::FlushSoon() {
  event_active(write_event_.get(), EV_WRITE, 0);
}

void Connection::ResumeReading() {
  if (reading_) return;
  reading_ = true;
  // The edge may have come while nobody read.
  event_active(read_event_.get(), EV_READ, 0);
}

void Connection::ReadAvailable() {
  const std::weak_ptr<void> alive = alive_;
  for (int reads = 0; reading_; ++reads) {
    if (reads == kReadsPerTurn) {
      event_active(read_event_.get(), EV_READ, 0);
      return;
    }
    const ssize_t got = recv(fd_, scratch_.data(), scratch_.size(), MSG_DONTWAIT);
    if (got > 0) {
      user_->OnData(*this, {scratch_.data(), static_cast<std::size_t>(got)});
      if (alive.expired()) return;
      // Less than was asked for: the socket is empty, and what comes next brings a new edge. Only
      // the end of the stream may have come with these bytes.
      if (static_cast<std::size_t>(got) < scratch_.size() && !end_seen_) return;
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    end_seen_ = true;
    reading_ = false;
    return user_->OnClosed(*this, got < 0 ? errno : 0);
  }
}

bool Connection::IsQuiet() const {
  char byte;
  return recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace balancer::server::upstream
