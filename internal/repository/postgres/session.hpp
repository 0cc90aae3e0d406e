#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <pqxx/pqxx>

#include "internal/model/error.hpp"
#include "internal/repository/outage_log.hpp"
#include "internal/repository/postgres/watchdog.hpp"

namespace balancer::repository {

// The longest that a statement may take, as told to the server.
inline constexpr std::chrono::seconds kStatementTimeout{5};
// The longest that a call waits for the server's answer: the server's own timeout goes first.
inline constexpr std::chrono::milliseconds kCallTimeout =
    kStatementTimeout + std::chrono::seconds(1);

// What the connections to one server share.
struct Server {
  Server(std::string conninfo_in, std::string name)
      : conninfo(std::move(conninfo_in)), log(std::move(name)) {}

  const std::string conninfo;  // as libpq takes it
  OutageLog log;
  Watchdog watchdog;
};

// One connection to PostgreSQL: the only place that calls pqxx unguarded. Its exceptions end here,
// as errors, the server's words in the log.
//
// One thread at a time.
class Session {
 public:
  using Work = std::function<void(pqxx::connection&)>;

  // `prepare` is called with every new connection, to set it up.
  explicit Session(std::shared_ptr<Server> server, Work prepare = nullptr);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Connects, unless connected to a server that has not hung up. Takes up to 2 s an address.
  model::Result<void> Connect();

  // Does `work` on the connection that there is, in at most `timeout`. A connection on which
  // anything went wrong is given up: what state it is in is anybody's guess.
  // Fails with storage_unavailable when there is no connection; it makes none.
  model::Result<void> Run(std::chrono::milliseconds timeout, const Work& work);

  // The exception being handled as an error, the server's words logged. For `work` that must clean
  // up before it fails.
  // REQUIRES: to be called in a catch block.
  model::Error Explain();

  // Keeps `part`, which refers to the connection, until just before the connection is closed.
  void Attach(std::shared_ptr<void> part) { attached_ = std::move(part); }

  // Closes the connection, if there is one. Does not wait.
  void Close();

  // The connection's socket, -1 when there is none.
  int socket() const { return socket_; }

 private:
  bool HungUp() const;

  const std::shared_ptr<Server> server_;
  const Work prepare_;
  std::unique_ptr<pqxx::connection> connection_;
  // A duplicate of the connection's socket, ours to close: libpq closes its own when it finds the
  // connection lost, and the watchdog must never hold a number that something else was given since.
  int socket_ = -1;
  std::shared_ptr<void> attached_;
};

}  // namespace balancer::repository
