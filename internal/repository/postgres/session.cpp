#include "internal/repository/postgres/session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

#ifdef __SANITIZE_ADDRESS__
// libpqxx 6.4 loses the PGresult of a statement during which the connection broke: it asks the dead
// connection for its encoding before it takes the result into care, and that throws.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx-6.4.so\n";
}
#endif

namespace balancer::repository {
namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

Error Unavailable() {
  return {ErrorCode::storage_unavailable, "the database does not answer"};
}

// SQLSTATE classes (PostgreSQL manual, appendix A) after which the same call may go well later. An
// error without one is libpq's own: the connection.
bool MayPass(std::string_view state) {
  constexpr std::string_view kReadOnly = "25006";  // a standby
  for (const std::string_view passing : {"08", "40", "53", "55", "57", "58"}) {
    if (state.starts_with(passing)) return true;
  }
  return state.empty() || state == kReadOnly;
}

}  // namespace

Session::Session(std::shared_ptr<Server> server, Work prepare)
    : server_(std::move(server)), prepare_(std::move(prepare)) {}

Session::~Session() {
  Close();
}

void Session::Close() {
  // First of all, or what is attached says good-bye to the server (UNLISTEN) and waits for the
  // answer.
  if (connection_ != nullptr) connection_->disconnect();
  attached_.reset();
  connection_.reset();
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

// Whether the server closed its side: asked before a statement is sent, so that after a restart of
// the server none is lost on a connection that is no more.
bool Session::HungUp() const {
  pollfd state{socket_, POLLRDHUP, 0};
  return ::poll(&state, 1, 0) > 0;
}

Result<void> Session::Connect() {
  if (connection_ != nullptr && connection_->is_open() && !HungUp()) return {};
  Close();
  try {
    connection_ = std::make_unique<pqxx::connection>(server_->conninfo);
    socket_ = ::fcntl(connection_->sock(), F_DUPFD_CLOEXEC, 0);
    if (socket_ < 0) throw std::runtime_error("no descriptor is left for its socket");
  } catch (const std::exception& e) {
    Close();
    server_->log.Down(e.what());
    return tl::unexpected(Unavailable());
  }
  return prepare_ ? Run(kCallTimeout, prepare_) : Result<void>{};
}

Result<void> Session::Run(std::chrono::milliseconds timeout, const Work& work) {
  if (connection_ == nullptr) return tl::unexpected(Unavailable());
  try {
    Watchdog::Watch watch(server_->watchdog, socket_, Watchdog::Clock::now() + timeout);
    work(*connection_);
    return {};
  } catch (...) {
    Error error = Explain();
    Close();
    return tl::unexpected(std::move(error));
  }
}

Error Session::Explain() {
  try {
    throw;
  } catch (const pqxx::sql_error& e) {
    if (MayPass(e.sqlstate())) {
      server_->log.Down(e.what());
      return Unavailable();
    }
    server_->log.Refused(e.what());
  } catch (const pqxx::failure& e) {
    server_->log.Down(e.what());
    return Unavailable();
  } catch (const std::exception& e) {
    server_->log.Refused(e.what());
  }
  return {ErrorCode::storage_failed, "the database answered with an error"};
}

}  // namespace balancer::repository
