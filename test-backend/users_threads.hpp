#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "test-backend/server.hpp"
#include "test-backend/users_api.hpp"
#include "test-backend/users_database.hpp"

namespace test_backend {

// The database, asked by N threads with a connection each, so that the event loop never waits.
class UsersThreads {
 public:
  using Question = std::variant<UserId, PageOf>;
  // Called on those threads.
  using OnReply = std::function<void(Ticket, Reply)>;

  UsersThreads(const std::string& dsn, int count, OnReply on_reply);
  ~UsersThreads();  // what is asked then gets no reply
  UsersThreads(const UsersThreads&) = delete;
  UsersThreads& operator=(const UsersThreads&) = delete;

  // The reply is 503 while the database is away; there is none if nobody came to it within
  // `patience`. The loop's thread.
  void Ask(Question question, Ticket ticket, std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  struct Job {
    Question question;
    Ticket ticket;
    Clock::time_point deadline;
  };

  void Run(UsersDatabase& database);
  Reply Answer(UsersDatabase& database, const Question& question);
  // A line in the log where that is news.
  void SetAway(bool away, const std::string& why = {});

  const OnReply on_reply_;
  std::list<UsersDatabase> databases_;  // each of one thread

  std::mutex mu_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;   // guarded by mu_
  bool stopping_ = false;  // guarded by mu_
  bool away_ = false;      // guarded by mu_

  std::vector<std::thread> threads_;
};

}  // namespace test_backend
