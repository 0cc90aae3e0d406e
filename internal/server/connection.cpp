#include "internal/server/connection.hpp"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <event2/event.h>

#include "internal/server/socket_io.hpp"

namespace balancer::server {
namespace {

// Reads in one turn before others get theirs.
constexpr int kReadsPerTurn = 16;
// A buffer that grew past this is given back when it is empty; sent bytes are cut off the front of
// one that stays full.
constexpr std::size_t kKeptBytes = 16 * 1024;

ssize_t SendParts(int fd, iovec* parts, int count, int flags) {
  flags |= MSG_NOSIGNAL | MSG_DONTWAIT;
  if (count == 1) return BareSend(fd, parts->iov_base, parts->iov_len, flags);
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = static_cast<std::size_t>(count);
  return sendmsg(fd, &message, flags);
}

// Takes up to `size` from what is left of a count.
std::size_t Advance(ssize_t& left, std::size_t size) {
  const std::size_t taken = std::min(static_cast<std::size_t>(left), size);
  left -= static_cast<ssize_t>(taken);
  return taken;
}

}  // namespace

bool IsOwnShortage(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM ||
         error == EADDRNOTAVAIL;
}

Connection::~Connection() {
  if (shared_.at_work == this) shared_.at_work = nullptr;
  Close();
}

void Connection::Close() {
  // Events go before the descriptor: the loop must not know a closed one.
  read_event_.reset();
  write_event_.reset();
  deadline_.Disarm();
  reading_ = false;
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void Connection::CloseByReset() {
  const linger at_once{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

int Connection::Connect(const sockaddr* address, std::size_t length, ConnectionUser& user) {
  SetUser(user);
  fd_ = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return errno;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd_, address, static_cast<socklen_t>(length)) != 0 && errno != EINPROGRESS) {
    return errno;
  }
  connecting_ = true;  // until the socket is writable, which it may be at once
  MakeReadEvent();
  Watch();
  event_add(WriteEvent(), nullptr);
  return 0;
}

void Connection::Adopt(int fd, ConnectionUser& user) {
  SetUser(user);
  fd_ = fd;
  MakeReadEvent();
  ReadByEvent();
}

void Connection::SetUser(ConnectionUser& user) {
  user_ = &user;
  sent_any_ = false;
  reading_ = true;
}

void Connection::MakeReadEvent() {
  read_event_.reset(event_new(shared_.loop.base(), fd_, EV_READ | EV_CLOSED | EV_ET | EV_PERSIST,
                              &Connection::OnEvent, this));
}

void Connection::Watch() {
  if (!std::exchange(watched_, true)) event_add(read_event_.get(), nullptr);
}

event* Connection::WriteEvent() {
  if (!write_event_) {
    write_event_.reset(
        event_new(shared_.loop.base(), fd_, EV_WRITE | EV_ET, &Connection::OnEvent, this));
  }
  return write_event_.get();
}

void Connection::OnEvent(int, short what, void* self) {
  static_cast<Connection*>(self)->HandleEvent(what);
}

void Connection::HandleEvent(short what) {
  Shared& shared = shared_;  // outlives this, which may be destroyed by its user
  shared.at_work = this;
  if (what & EV_CLOSED) end_seen_ = true;
  // After YieldReading(): an event that has timed out is no longer waited for.
  if (what & EV_TIMEOUT) event_add(read_event_.get(), nullptr);
  if (connecting_) {
    // A socket that fails to connect becomes readable and writable at once.
    FinishConnect();
  }
  if (shared.at_work && (what & EV_WRITE)) {
    full_ = false;
    const bool had_unsent = unsent() > 0;
    Flush();
    if (had_unsent && unsent() == 0) user_->OnDrained(*this);
  }
  if (shared.at_work && (what & (EV_READ | EV_CLOSED | EV_TIMEOUT))) {
    if (reading_) {
      ReadAvailable();
    } else if (fd_ >= 0) {
      stirred_ = true;
      user_->OnUnread(*this);
    }
  }
  shared.at_work = nullptr;
}

void Connection::FinishConnect() {
  connecting_ = false;
  const int error = Error();
  if (error != 0) return user_->OnConnectFailed(*this, error);
  user_->OnConnected(*this);
}

// ---- Writing

void Connection::Flush() {
  if (unsent() > 0) Send({});
}

void Connection::Send(std::string_view bytes, std::string_view more) {
  if (write_failed_ || fd_ < 0) return;
  if (!connecting_ && !full_) {
    std::array<iovec, 3> parts;
    int count = 0;
    const auto add = [&](const char* part, std::size_t size) {
      if (size > 0) parts[count++] = {const_cast<char*>(part), size};
    };
    add(out_.data() + out_sent_, unsent());
    add(bytes.data(), bytes.size());
    add(more.data(), more.size());
    if (count == 0) return;
    const std::size_t all = unsent() + bytes.size() + more.size();
    ssize_t sent = SendParts(fd_, parts.data(), count, end_follows_ ? MSG_MORE : 0);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return SendFailed();
    if (sent > 0) {
      sent_any_ = true;
      if (static_cast<std::size_t>(sent) == all) return AllSent();
      out_sent_ += Advance(sent, unsent());
      bytes.remove_prefix(Advance(sent, bytes.size()));
      more.remove_prefix(Advance(sent, more.size()));
    }
  }
  out_.Append(bytes).Append(more);
  if (connecting_) return;
  if (out_sent_ >= kKeptBytes) out_.EraseFront(std::exchange(out_sent_, 0));
  if (!std::exchange(full_, true)) event_add(WriteEvent(), nullptr);
}

void Connection::AllSent() {
  out_sent_ = 0;
  out_.capacity() > kKeptBytes ? out_.Free() : out_.Clear();
  if (end_after_unsent_) shutdown(fd_, SHUT_WR);
}

// There may be something to read all the same.
void Connection::SendFailed() {
  write_failed_ = true;
  out_.Clear();
  out_sent_ = 0;
  ReadByEvent();
}

void Connection::FlushSoon() {
  event_active(WriteEvent(), EV_WRITE, 0);
}

void Connection::EndSending() {
  end_after_unsent_ = true;
  if (unsent() == 0) shutdown(fd_, SHUT_WR);
}

std::size_t Connection::Unacknowledged() const {
  int queued = 0;
  ioctl(fd_, SIOCOUTQ, &queued);
  return unsent() + static_cast<std::size_t>(queued);
}

// ---- Reading

void Connection::ReadByEvent() {
  event_active(read_event_.get(), EV_READ, 0);
}

void Connection::ResumeReading() {
  stirred_ = true;
  ResumeIdle();
  content_ = false;
}

void Connection::ResumeIdle() {
  if (reading_) return;
  reading_ = content_ = true;
  Watch();
  retell_ = !unread_.empty();
  if (std::exchange(stirred_, false) || retell_) ReadByEvent();
}

// By a timer that is due: an event that is only made active would have its call in this same turn.
void Connection::YieldReading() {
  yielded_ = watched_ = true;
  retell_ = !unread_.empty();
  const timeval now{};
  event_add(read_event_.get(), &now);
}

void Connection::PutBack(std::string_view bytes) {
  unread_.assign(bytes);
  content_ = false;
}

void Connection::ReadAvailable() {
  Shared& shared = shared_;
  std::vector<char>& scratch = shared.scratch;
  yielded_ = false;
  if (std::exchange(retell_, false)) {
    TellBehindUnread({});
    if (!shared.at_work || yielded_) return;
  }
  for (int reads = 0; reading_; ++reads) {
    if (reads == kReadsPerTurn) return YieldReading();
    const ssize_t got = BareRecv(fd_, scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (got > 0) {
      const ConnectionUser* const user = user_;
      content_ = false;
      const std::string_view fresh(scratch.data(), static_cast<std::size_t>(got));
      unread_.empty() ? user_->OnData(*this, fresh) : TellBehindUnread(fresh);
      if (!shared.at_work || yielded_) return;
      // Less than was asked for: the socket is empty, and what comes next brings a new edge. But a
      // reset may have come right behind these bytes, with an edge that was the same: whoever waits
      // for more must look. A user who has stopped, is idle again or has handed the connection on
      // has what it wanted.
      const bool content = !reading_ || content_ || user_ != user;
      if (static_cast<std::size_t>(got) < scratch.size() && !end_seen_ && content) return;
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return Watch();
    end_seen_ = true;
    reading_ = false;
    // A send that failed has used up the socket's error: what reads as an orderly end is none.
    return user_->OnClosed(*this, got < 0 ? errno : write_failed_ ? EPIPE : 0);
  }
  // The edge has been seen, not what is behind it.
  stirred_ = true;
}

// Tells the user of what was put back, and of `fresh` behind it.
void Connection::TellBehindUnread(std::string_view fresh) {
  std::string all = std::move(unread_);
  unread_.clear();
  all.append(fresh);
  user_->OnData(*this, all);
}

bool Connection::IsQuiet() const {
  char byte;
  return BareRecv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EINTR);
}

int Connection::Error() const {
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

}  // namespace balancer::server
