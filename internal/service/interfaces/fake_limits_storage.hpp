#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "internal/service/interfaces/clock.hpp"
#include "internal/service/interfaces/limits_storage.hpp"

// Stand-ins for tests.
namespace balancer::service {

// Limits in memory. A question is decided when it is asked, and answered when the test says so.
// Thread safety: all calls, on any thread.
class FakeLimitsStorage : public LimitsStorage {
 public:
  void Get(std::string client_id, Done<std::optional<model::Limit>> done) override {
    gets_.fetch_add(1);
    Ask<std::optional<model::Limit>>(std::move(done), [&]() -> std::optional<model::Limit> {
      const auto row = rows_.find(client_id);
      if (row == rows_.end()) return std::nullopt;
      return row->second;
    });
  }
  void Create(model::ClientLimit limit, Done<void> done) override {
    Ask<void>(std::move(done), [&]() -> model::Result<void> {
      if (!rows_.emplace(limit.client_id, limit.limit).second) {
        return model::Fail(model::ErrorCode::already_exists);
      }
      return {};
    });
  }
  void Update(model::ClientLimit limit, Done<void> done) override {
    Ask<void>(std::move(done), [&]() -> model::Result<void> {
      const auto row = rows_.find(limit.client_id);
      if (row == rows_.end()) return model::Fail(model::ErrorCode::not_found);
      row->second = limit.limit;
      return {};
    });
  }
  void Delete(std::string client_id, Done<void> done) override {
    Ask<void>(std::move(done), [&]() -> model::Result<void> {
      if (rows_.erase(client_id) == 0) return model::Fail(model::ErrorCode::not_found);
      return {};
    });
  }
  bool available() const override { return available_.load(); }
  const StorageTraffic& traffic() const override { return traffic_; }

  // Another instance's change: nobody is told.
  void Put(const std::string& client_id, model::Limit limit) {
    const std::lock_guard lock(mu_);
    rows_[client_id] = limit;
  }
  // From the next question on, storage fails with this error; nullopt: it is well again.
  void Fail(std::optional<model::ErrorCode> error) {
    const std::lock_guard lock(mu_);
    failure_ = error;
  }
  // Fails, and knows it.
  void GoAway() {
    Fail(model::ErrorCode::storage_unavailable);
    available_ = false;
  }
  void ComeBack() {
    Fail(std::nullopt);
    available_ = true;
  }

  // Answers the oldest question on this thread; false: there is none.
  bool AnswerOne() {
    std::function<void()> answer;
    {
      const std::lock_guard lock(mu_);
      if (answers_.empty()) return false;
      answer = std::move(answers_.front());
      answers_.pop_front();
    }
    answer();
    return true;
  }
  // Answers until there are no more questions.
  void AnswerAll() {
    while (AnswerOne()) {
    }
  }

  std::size_t gets() const { return gets_.load(); }
  std::size_t unanswered() const {
    const std::lock_guard lock(mu_);
    return answers_.size();
  }

 private:
  template <typename T, typename Decide>
  void Ask(Done<T> done, Decide decide) {
    const std::lock_guard lock(mu_);
    model::Result<T> result =
        failure_ ? model::Result<T>(model::Fail(*failure_)) : model::Result<T>(decide());
    answers_.push_back([done = std::move(done), result = std::move(result)] { done(result); });
  }

  const StorageTraffic traffic_{};
  mutable std::mutex mu_;
  std::map<std::string, model::Limit> rows_;   // guarded by mu_
  std::deque<std::function<void()>> answers_;  // guarded by mu_
  std::optional<model::ErrorCode> failure_;    // guarded by mu_
  std::atomic<bool> available_{true};
  std::atomic<std::size_t> gets_{0};
};

// A storage thread: answers a FakeLimitsStorage's questions while it lives.
class AnsweringThread {
 public:
  explicit AnsweringThread(FakeLimitsStorage& storage)
      : thread_([this, &storage] {
          while (!stop_) {
            if (!storage.AnswerOne()) std::this_thread::yield();
          }
          storage.AnswerAll();
        }) {}
  ~AnsweringThread() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Time that a test moves by hand.
class ManualClock {
 public:
  TimePoint now() const { return TimePoint(std::chrono::nanoseconds(ns_.load())); }
  void Advance(std::chrono::nanoseconds time) { ns_ += time.count(); }
  // For those who take a clock as a function. It must not outlive this.
  std::function<TimePoint()> AsFunction() const {
    return [this] { return now(); };
  }

 private:
  std::atomic<std::int64_t> ns_{1'000'000'000'000};
};

}  // namespace balancer::service
