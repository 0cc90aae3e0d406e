#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "internal/server/deadline_list.hpp"
#include "internal/server/loop.hpp"
#include "internal/server/upstream/address_book.hpp"

namespace balancer::server::upstream {

class Connection;

// Whether a connect failed for want of something of our own (descriptors, memory, local ports):
// that says nothing about the backend. `error` is an errno.
bool IsOwnShortage(int error);

// Who a connection works for. Any of these may close, hand on or destroy the connection.
class ConnectionUser {
 public:
  virtual void OnConnected(Connection& connection) = 0;
  // `error` is an errno.
  virtual void OnConnectFailed(Connection& connection, int error) = 0;
  // The view is valid during the call.
  virtual void OnData(Connection& connection, std::string_view bytes) = 0;
  // The backend has closed: `error` is 0 for an orderly end, else an errno. The last call.
  virtual void OnClosed(Connection& connection, int error) = 0;
  // What was unsent has been taken by the kernel.
  virtual void OnDrained(Connection& connection) = 0;

 protected:
  ~ConnectionUser() = default;
};

// A TCP connection to a backend. Reads are edge-triggered and never switched off (a paused reader
// just does not read); a write is tried at once and waited for only when the socket is full: a
// request and its answer cost no epoll_ctl. Loop thread only.
class Connection {
 public:
  // What reads go into, shared by all connections of a worker: nothing is kept there between turns.
  using Scratch = std::vector<char>;
  static constexpr std::size_t kScratchBytes = 64 * 1024;

  Connection(Loop& loop, Scratch& scratch) : loop_(loop), scratch_(scratch) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Begins to connect. The user hears of success or failure later, never within this call.
  // Returns 0, or the errno of a failure that was immediate (the user hears nothing then).
  int Connect(const SocketAddress& address, ConnectionUser& user);

  // Hands the connection to another user, who starts with nothing sent.
  void SetUser(ConnectionUser& user);

  // Bytes to send: append here, then Flush().
  std::string& out() { return out_; }
  void Flush();
  // Flushes at the end of this turn, unless Flush() comes first.
  void FlushSoon();
  std::size_t unsent() const { return out_.size() - out_sent_; }
  // Whether the kernel has taken any byte since SetUser() or Connect().
  bool sent_any() const { return sent_any_; }

  void PauseReading() { reading_ = false; }
  void ResumeReading();

  // Whether another request can go over it: all was sent, and the backend has not begun to close.
  bool reusable() const { return !end_seen_ && !write_failed_ && unsent() == 0; }
  // Asks the kernel (one system call) whether an idle connection is still open and silent.
  bool IsQuiet() const;

  // For whoever owns the connection at the moment.
  Deadline& idle_deadline() { return idle_deadline_; }
  void set_on_idle_expired(std::function<void()> f) { on_idle_expired_ = std::move(f); }

 private:
  static void OnEvent(int fd, short what, void* self);
  void HandleEvent(short what);
  void FinishConnect();
  void ReadAvailable();

  Loop& loop_;
  Scratch& scratch_;
  int fd_ = -1;
  EventPtr read_event_;
  EventPtr write_event_;
  ConnectionUser* user_ = nullptr;
  bool connecting_ = false;
  bool reading_ = true;
  bool end_seen_ = false;
  bool sent_any_ = false;
  bool write_failed_ = false;  // the reason is found by reading
  // Gone with this: a function that calls the user looks whether it still has a connection.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
  std::string out_;
  std::size_t out_sent_ = 0;  // of out_
  std::function<void()> on_idle_expired_;
  Deadline idle_deadline_{[this] { on_idle_expired_(); }};
};

}  // namespace balancer::server::upstream
