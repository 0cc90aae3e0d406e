#include "test-backend/users_threads.hpp"

#include <iostream>
#include <utility>

namespace test_backend {

UsersThreads::UsersThreads(const std::string& dsn, int count, OnReply on_reply)
    : on_reply_(std::move(on_reply)) {
  for (int i = 0; i < count; ++i) databases_.emplace_back(dsn);
  for (auto& database : databases_) threads_.emplace_back([this, &database] { Run(database); });
}

UsersThreads::~UsersThreads() {
  {
    std::lock_guard lock(mu_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& database : databases_) database.Interrupt();
  for (auto& thread : threads_) thread.join();
}

void UsersThreads::Ask(Question question, Ticket ticket, std::chrono::milliseconds patience) {
  {
    std::lock_guard lock(mu_);
    jobs_.push_back({std::move(question), ticket, Clock::now() + patience});
  }
  changed_.notify_one();
}

void UsersThreads::Run(UsersDatabase& database) {
  if (auto connected = database.Connect(); !connected) SetAway(true, connected.error());
  std::unique_lock lock(mu_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (job.deadline < Clock::now()) continue;
    lock.unlock();
    on_reply_(job.ticket, Answer(database, job.question));
    lock.lock();
  }
}

Reply UsersThreads::Answer(UsersDatabase& database, const Question& question) {
  const auto reply = [this](const auto& found, Reply (*print)(decltype(*found))) {
    SetAway(!found, found ? "" : found.error());
    return found ? print(*found) : kUnavailable;
  };
  if (const auto* id = std::get_if<UserId>(&question)) {
    return reply(database.Get(id->value), &UserReply);
  }
  return reply(database.List(std::get<PageOf>(question)), &PageReply);
}

void UsersThreads::SetAway(bool away, const std::string& why) {
  std::lock_guard lock(mu_);
  if (stopping_ || std::exchange(away_, away) == away) return;
  std::cerr << (away ? "the users' database is away: " + why : "the users' database is back")
            << std::endl;
}

}  // namespace test_backend
