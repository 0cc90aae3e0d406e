#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "internal/repository/change_watcher.hpp"
#include "internal/repository/limits_store.hpp"
#include "internal/repository/outage_log.hpp"
#include "internal/repository/storage.hpp"

namespace balancer::repository {

// Limits, settings and counts asked for without waiting, over stores that wait.
//
//   workers     one a store: take calls from the queue, ask the store, complete the call
//   watcher     keeps the connection on which changes are heard, migrates, asks once a second
//               whether the store answers, connects anew with back-off; opens and closes the queue
//   refuser     completes, with storage_unavailable, what cannot be queued and what was queued
//               when the store went away - so that nobody waits behind a dead database, even while
//               every worker waits for an answer that does not come
//
// Thread safety: all calls, on any thread.
class StorageThreads : public Storage {
 public:
  static constexpr std::size_t kMaxQueued = 10'000;
  static constexpr std::chrono::seconds kPingPeriod{1};

  // `log` is the one that the stores and the watcher report to.
  StorageThreads(std::vector<std::unique_ptr<LimitsStore>> stores,
                 std::unique_ptr<ChangeWatcher> watcher, std::shared_ptr<OutageLog> log);
  ~StorageThreads() override;

  // Starts the threads, waits up to `patience` for the watcher's first attempt and returns what
  // came of it; success when it is not over by then. Call it once.
  model::Result<void> Start(std::chrono::milliseconds patience);

  void Get(std::string client_id, LimitsStorage::Done<std::optional<model::Limit>> done) override;
  void Create(model::ClientLimit limit, LimitsStorage::Done<void> done) override;
  void Update(model::ClientLimit limit, LimitsStorage::Done<void> done) override;
  void Delete(std::string client_id, LimitsStorage::Done<void> done) override;
  bool available() const override { return open_.load(std::memory_order_relaxed); }
  const service::StorageTraffic& traffic() const override { return traffic_; }

  void GetSetting(std::string tag, SettingsStorage::Done<std::optional<std::string>> done) override;
  void PutSetting(std::string tag, std::string value,
                  SettingsStorage::Done<std::optional<std::int64_t>> done) override;

  void AddCounts(std::shared_ptr<const service::CountBatch> batch, CountsDone<void> done) override;
  void GetRequestCount(std::string writer, CountsDone<service::KeptRequests> done) override;
  void GetClientCounts(std::string writer, std::string client_id,
                       CountsDone<service::KeptClient> done) override;

  void SetListener(service::LimitsListener* listener) override;
  void SetSettingsListener(service::SettingsListener* listener) override;
  void Stop() override;

 private:
  // Asks the store and completes the call; without a store, completes it with storage_unavailable.
  using Job = std::function<void(LimitsStore*)>;
  using Clock = std::chrono::steady_clock;

  // `ask` is what to ask of the store.
  template <typename T>
  void Post(std::function<model::Result<T>(LimitsStore&)> ask,
            std::function<void(model::Result<T>)> done);
  void Post(Job job);

  // Counts a question: how long a store took over it (absent: none was asked), and how it failed.
  void Count(std::optional<std::chrono::nanoseconds> took, std::optional<model::ErrorCode> error);
  void RunWorker(LimitsStore& store);
  void RunRefuser();
  void RunWatcher();
  // Watches until the store goes away or Stop is called.
  void Watch();
  void OpenQueue();
  void CloseQueue();
  // Waits for the watcher's descriptor, for a worker's call that failed, or until `deadline`.
  void Wait(int descriptor, Clock::time_point deadline);
  void Wake();

  std::vector<std::unique_ptr<LimitsStore>> stores_;
  const std::unique_ptr<ChangeWatcher> watcher_;
  const std::shared_ptr<OutageLog> log_;
  const int wake_;  // eventfd: a worker's call failed, or Stop was called

  std::atomic<bool> open_{false};  // calls are queued; written under mu_
  std::atomic<bool> stopping_{false};
  std::atomic<bool> suspect_{false};  // a worker's call failed: ask at once whether the store lives

  std::mutex mu_;
  std::condition_variable work_;
  std::condition_variable refusals_;
  // Guarded by mu_.
  std::deque<Job> queue_;
  std::deque<Job> refused_;
  bool workers_done_ = false;  // the refuser ends when it has nothing left
  bool stopped_ = false;
  service::StorageTraffic traffic_;  // but for reading

  std::mutex listener_mu_;  // held while a listener is called
  service::LimitsListener* listener_ = nullptr;
  service::SettingsListener* settings_listener_ = nullptr;

  std::promise<model::Result<void>> first_attempt_;
  std::vector<std::thread> workers_;
  std::thread watching_;
  std::thread refusing_;
};

}  // namespace balancer::repository
