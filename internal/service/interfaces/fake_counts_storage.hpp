#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "internal/service/interfaces/counts_storage.hpp"

namespace balancer::service {

// Counts in memory, for tests. A question is decided and answered when the test says so.
// Thread safety: all calls, on any thread.
class FakeCountsStorage : public CountsStorage {
 public:
  enum class Health {
    well,
    away,      // does nothing, and says so
    in_doubt,  // does what it is asked, and says that it does not answer
  };

  void AddCounts(std::shared_ptr<const CountBatch> batch, CountsDone<void> done) override {
    Ask<void>(std::move(done), [this, batch]() -> model::Result<void> {
      if (writers_[batch->writer] >= batch->number) return {};
      writers_[batch->writer] = batch->number;
      requests_ += batch->requests;
      for (const auto& [client_id, counts] : batch->clients) clients_[client_id] += counts;
      largest_ = std::max(largest_, batch->clients.size());
      return {};
    });
  }
  void GetRequestCount(std::string writer, CountsDone<KeptRequests> done) override {
    Ask<KeptRequests>(std::move(done), [this, writer] {
      return KeptRequests{{requests_, "2026-11-21T08:00:00.000Z"}, writers_[writer]};
    });
  }
  void GetClientCounts(std::string writer, std::string client_id,
                       CountsDone<KeptClient> done) override {
    Ask<KeptClient>(std::move(done), [this, writer, client_id] {
      KeptClient kept{std::nullopt, writers_[writer]};
      if (clients_.contains(client_id)) kept.counts = clients_[client_id];
      return kept;
    });
  }

  // From the next answer on.
  void Become(Health health) { health_ = health; }

  // Answers the oldest question on this thread; false: there is none.
  bool AnswerOne() {
    std::function<void()> answer;
    {
      const std::lock_guard lock(mu_);
      if (questions_.empty()) return false;
      answer = std::move(questions_.front());
      questions_.pop_front();
    }
    answer();
    return true;
  }
  void AnswerAll() {
    while (AnswerOne()) {
    }
  }

  // What is kept. Not while questions are answered on another thread.
  std::uint64_t requests() const { return requests_; }
  const std::map<std::string, model::ClientCounts>& clients() const { return clients_; }
  std::size_t largest_batch() const { return largest_; }

 private:
  template <typename T, typename Do>
  void Ask(CountsDone<T> done, Do what) {
    const std::lock_guard lock(mu_);
    questions_.push_back([this, done = std::move(done), what = std::move(what)] {
      if (health_ == Health::away) return done(model::Fail(model::ErrorCode::storage_unavailable));
      model::Result<T> answer = what();
      if (health_ == Health::in_doubt) answer = model::Fail(model::ErrorCode::storage_unavailable);
      done(std::move(answer));
    });
  }

  std::mutex mu_;
  std::deque<std::function<void()>> questions_;  // guarded by mu_
  std::atomic<Health> health_{Health::well};
  // Of whoever answers.
  std::uint64_t requests_ = 0;
  std::map<std::string, model::ClientCounts> clients_;
  std::map<std::string, std::int64_t> writers_;
  std::size_t largest_ = 0;
};

}  // namespace balancer::service
