#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <tl/expected.hpp>

#include "test-backend/users.hpp"

namespace test_backend {

// A connection to PostgreSQL, made anew when it broke; what met a broken one is asked once more on
// the new one. After an attempt that failed the next is half a second away, and until then all
// fails at once. Errors are for the log. One thread at a time, but for Interrupt().
class UsersDatabase {
 public:
  template <typename T>
  using Result = tl::expected<T, std::string>;

  // `dsn` as libpq takes it: "host=… dbname=…" or "postgresql://…".
  explicit UsersDatabase(std::string dsn) : dsn_(std::move(dsn)) {}
  ~UsersDatabase() { Disconnect(); }

  Result<void> Connect();
  Result<std::optional<User>> Get(const std::string& id);
  Result<UserPage> List(const PageOf& of);

  // What is being asked fails, and so does all after it. Any thread.
  void Interrupt();

 private:
  using Clock = std::chrono::steady_clock;

  // Runs question(connection); what it throws is a failure of the database.
  template <typename Question>
  auto Ask(const Question& question)
      -> Result<decltype(question(std::declval<pqxx::connection&>()))>;
  // Tells Interrupt() of the connection's socket; false: interrupted.
  bool Expose(int socket);
  void Disconnect();
  tl::unexpected<std::string> Fail(const std::exception& e);

  const std::string dsn_;
  std::unique_ptr<pqxx::connection> connection_;
  Clock::time_point connect_again_;  // not before
  std::string last_error_;

  std::mutex mu_;
  bool interrupted_ = false;  // guarded by mu_
  int socket_ = -1;           // guarded by mu_
};

}  // namespace test_backend
