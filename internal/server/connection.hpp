#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "internal/http/buffer.hpp"
#include "internal/server/deadline_list.hpp"
#include "internal/server/loop.hpp"

struct sockaddr;

namespace balancer::server {

class Connection;

// Whether a connect failed for want of something of our own (descriptors, memory, local ports):
// that says nothing about the backend. `error` is an errno.
bool IsOwnShortage(int error);

// Who a connection works for. Any of these may close, hand on or destroy the connection.
class ConnectionUser {
 public:
  virtual void OnConnected(Connection&) {}
  // `error` is an errno.
  virtual void OnConnectFailed(Connection&, int /*error*/) {}
  // What has come: bytes that were put back, and new ones behind them. The view is valid during the
  // call.
  virtual void OnData(Connection& connection, std::string_view bytes) = 0;
  // The other side has closed: `error` is 0 for an orderly end, else an errno. The last call, told
  // after all bytes and never while reading is paused.
  virtual void OnClosed(Connection& connection, int error) = 0;
  // Something has come while reading is paused: bytes, the end (end_seen()) or a reset
  // (IsBroken()).
  virtual void OnUnread(Connection&) {}
  // What was unsent has been taken by the kernel.
  virtual void OnDrained(Connection&) {}
  // deadline() has expired.
  virtual void OnDeadline(Connection&) {}

 protected:
  ~ConnectionUser() = default;
};

// A TCP connection, to a client or to a backend. Reads are edge-triggered and never switched off (a
// paused reader just does not read); a write is tried at once and waited for only when the socket
// is full: a request and its answer cost no epoll_ctl. Loop thread only.
class Connection {
 public:
  // What connections of one loop share. It must outlive them.
  struct Shared {
    explicit Shared(Loop& its_loop) : loop(its_loop), scratch(64 * 1024) {}
    Loop& loop;
    std::vector<char> scratch;            // reads go here; nothing is kept between turns
    const Connection* at_work = nullptr;  // the one that is calling its user, while it exists
  };

  explicit Connection(Shared& shared) : shared_(shared) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to connect. The user hears of success or failure later, never within this call.
  // Returns 0, or the errno of a failure that was immediate (the user hears nothing then).
  int Connect(const sockaddr* address, std::size_t length, ConnectionUser& user);
  // Takes over an accepted, non-blocking socket, and reads it within this turn. The loop does not
  // watch it until Watch(): one that closes before costs no epoll_ctl.
  void Adopt(int fd, ConnectionUser& user);
  // Has the loop watch it, for good. So does a read that finds nothing, and resuming.
  void Watch();
  bool watched() const { return watched_; }
  // Closes the socket now; the user hears no more. By a reset, the other side learns that what it
  // has got is not all.
  void Close();
  void CloseByReset();

  // Hands the connection to another user, who starts with nothing sent.
  void SetUser(ConnectionUser& user);

  // Bytes to send: append here, then Flush().
  http::Buffer& out() { return out_; }
  void Flush();
  // Flushes at the end of this turn, unless Flush() comes first.
  void FlushSoon();
  // Sends these behind what out() holds, without a copy of what the kernel takes at once.
  void Send(std::string_view bytes, std::string_view more = {});
  // What is sent from here on waits in the kernel for EndSending(), which must follow as soon as it
  // has taken all: the last bytes and the end go in one packet.
  void ExpectEnd() { end_follows_ = true; }
  // Sends no more after what is unsent has gone.
  void EndSending();
  std::size_t unsent() const { return out_.size() - out_sent_; }
  // Bytes that the other side has not acknowledged: unsent ones and the kernel's (a system call).
  std::size_t Unacknowledged() const;
  // Whether the kernel has taken any byte since SetUser() or Connect().
  bool sent_any() const { return sent_any_; }

  void PauseReading() { reading_ = false; }
  // What has come meanwhile, or was put back, is told by an event to come.
  void ResumeReading();
  // The same without a look at the socket, unless something is known to be there: a reset right
  // behind what was told is not seen then. Saves a system call for each request.
  void ResumeIdle();
  // Goes on in the loop's next turn, and lets others have theirs.
  void YieldReading();
  // Keeps bytes that OnData() could not use yet: they are told again in front of the next ones.
  // They may be a part of those just told.
  void PutBack(std::string_view bytes);

  // Whether another request can go over it: all was sent, and the other side has not begun to
  // close.
  bool reusable() const { return !end_seen_ && !write_failed_ && unsent() == 0; }
  // The other side has closed its direction, as far as is known; bytes may still be unread.
  bool end_seen() const { return end_seen_; }
  // Asks the kernel (one system call) whether an idle connection is still open and silent.
  bool IsQuiet() const;
  // Nothing more can be sent; OnClosed() or OnUnread() follows.
  bool write_failed() const { return write_failed_; }
  // Whether it has been reset or has failed otherwise (a system call).
  bool IsBroken() const { return write_failed_ || Error() != 0; }
  // Something has come that the user has not been told of, or has put back. A system call: the loop
  // may not have told of it yet.
  bool has_unread() const { return stirred_ || !unread_.empty() || !IsQuiet(); }

  // For whoever owns the connection at the moment.
  Deadline& deadline() { return deadline_; }

 private:
  static void OnEvent(int fd, short what, void* self);
  void MakeReadEvent();
  event* WriteEvent();
  void HandleEvent(short what);
  void FinishConnect();
  int Error() const;  // of the socket: an errno, or 0
  void ReadAvailable();
  void TellBehindUnread(std::string_view fresh);
  void AllSent();
  void SendFailed();
  void ReadByEvent();

  Shared& shared_;
  ConnectionUser* user_ = nullptr;
  int fd_ = -1;
  bool connecting_ = false;
  bool reading_ = true;
  bool watched_ = false;  // read_event_ is added
  bool stirred_ = false;  // an edge came while reading was paused
  bool yielded_ = false;  // until the next turn
  bool retell_ = false;   // unread_ is to be told without waiting for more
  bool content_ = false;  // ResumeIdle() was the last to be called within OnData()
  bool end_seen_ = false;
  bool sent_any_ = false;
  bool full_ = false;  // the socket is: a write is waited for
  bool write_failed_ = false;
  bool end_follows_ = false;
  bool end_after_unsent_ = false;
  EventPtr read_event_;
  EventPtr write_event_;  // made when it is needed first
  http::Buffer out_;
  std::size_t out_sent_ = 0;  // of out_
  std::string unread_;        // put back
  Deadline deadline_{[this] { user_->OnDeadline(*this); }};
};

}  // namespace balancer::server
