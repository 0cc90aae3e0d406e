#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

namespace balancer::repository {

// Where a database's own words go: to the log, and not for every call that fails. One for all the
// connections to one database.
//
// Thread safety: all calls, on any thread.
class OutageLog {
 public:
  // `name` is what the log calls the database, "PostgreSQL at localhost:5432".
  explicit OutageLog(std::string name) : name_(std::move(name)) {}

  // It does not answer. Logged when it did before, and when the reason is another one.
  void Down(std::string_view why);
  // It answers. Logged when it did not before.
  void Up();
  // It answers and refuses. The same refusal is logged once a minute.
  void Refused(std::string_view why);

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kBetweenReasons{10};
  static constexpr std::chrono::minutes kBetweenRefusals{1};

  const std::string name_;
  std::atomic<bool> down_{false};

  std::mutex mu_;
  // Guarded by mu_.
  std::string reason_;
  Clock::time_point reason_logged_;
  std::string refusal_;
  Clock::time_point refusal_logged_;
};

}  // namespace balancer::repository
