#include "internal/repository/storage_threads.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "internal/repository/backoff.hpp"

namespace balancer::repository {

using model::ErrorCode;
using model::Fail;
using model::Result;

StorageThreads::StorageThreads(std::vector<std::unique_ptr<LimitsStore>> stores,
                               std::unique_ptr<ChangeWatcher> watcher,
                               std::shared_ptr<OutageLog> log)
    : stores_(std::move(stores)),
      watcher_(std::move(watcher)),
      log_(std::move(log)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

StorageThreads::~StorageThreads() {
  Stop();
  ::close(wake_);
}

Result<void> StorageThreads::Start(std::chrono::milliseconds patience) {
  auto first = first_attempt_.get_future();
  refusing_ = std::thread([this] { RunRefuser(); });
  for (const auto& store : stores_) {
    workers_.emplace_back([this, &store] { RunWorker(*store); });
  }
  watching_ = std::thread([this] { RunWatcher(); });
  if (first.wait_for(patience) != std::future_status::ready) return {};
  return first.get();
}

void StorageThreads::Stop() {
  {
    std::lock_guard lock(mu_);
    if (std::exchange(stopped_, true)) return;
    stopping_ = true;
  }
  CloseQueue();
  work_.notify_all();
  Wake();
  watcher_->Interrupt();
  for (std::thread& worker : workers_) worker.join();
  if (watching_.joinable()) watching_.join();
  {
    std::lock_guard lock(mu_);
    workers_done_ = true;
  }
  refusals_.notify_all();
  if (refusing_.joinable()) refusing_.join();
}

void StorageThreads::SetListener(service::LimitsListener* listener) {
  std::lock_guard lock(listener_mu_);
  listener_ = listener;
}

void StorageThreads::SetSettingsListener(service::SettingsListener* listener) {
  std::lock_guard lock(listener_mu_);
  settings_listener_ = listener;
}

template <typename T>
void StorageThreads::Post(std::function<Result<T>(LimitsStore&)> ask,
                          std::function<void(Result<T>)> done) {
  Post([this, ask = std::move(ask), done = std::move(done)](LimitsStore* store) {
    if (store == nullptr) {
      Count(std::nullopt, ErrorCode::storage_unavailable);
      done(Fail(ErrorCode::storage_unavailable, "the storage is unavailable"));
      return;
    }
    const auto begun = Clock::now();
    auto answer = ask(*store);
    Count(Clock::now() - begun, answer ? std::nullopt : std::optional(answer.error().code));
    if (!answer && answer.error().code == ErrorCode::storage_unavailable) {
      suspect_ = true;
      Wake();
    }
    done(std::move(answer));
  });
}

void StorageThreads::Post(Job job) {
  {
    std::lock_guard lock(mu_);
    if (!stopped_) {
      const bool queued = open_ && queue_.size() < kMaxQueued;
      (queued ? queue_ : refused_).push_back(std::move(job));
      (queued ? work_ : refusals_).notify_one();
      return;
    }
  }
  job(nullptr);
}

void StorageThreads::Count(std::optional<std::chrono::nanoseconds> took,
                           std::optional<ErrorCode> error) {
  std::lock_guard lock(mu_);
  if (took) traffic_.durations.Add(*took);
  if (error == ErrorCode::storage_unavailable) traffic_.unavailable.Add();
  if (error == ErrorCode::storage_failed) traffic_.failed.Add();
}

void StorageThreads::RunWorker(LimitsStore& store) {
  std::unique_lock lock(mu_);
  while (true) {
    work_.wait(lock, [&] { return stopped_ || !queue_.empty(); });
    if (stopped_) return;
    const Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job(&store);
    lock.lock();
  }
}

void StorageThreads::RunRefuser() {
  std::unique_lock lock(mu_);
  while (true) {
    refusals_.wait(lock, [&] { return workers_done_ || !refused_.empty(); });
    if (refused_.empty()) return;
    const Job job = std::move(refused_.front());
    refused_.pop_front();
    lock.unlock();
    job(nullptr);
    lock.lock();
  }
}

void StorageThreads::RunWatcher() {
  Backoff backoff;
  bool first = true;
  while (!stopping_) {
    auto opened = watcher_->Open();
    const bool success = opened.has_value();
    if (success) OpenQueue();
    if (std::exchange(first, false)) first_attempt_.set_value(std::move(opened));
    if (success) {
      backoff.Reset();
      Watch();
      CloseQueue();
    }
    const auto retry = Clock::now() + backoff.Next();
    while (!stopping_ && Clock::now() < retry) Wait(-1, retry);
  }
}

void StorageThreads::Watch() {
  const ChangeWatcher::Listener listener{.limits =
                                             [this](const std::string& client_id) {
                                               std::lock_guard lock(listener_mu_);
                                               if (listener_ == nullptr) return;
                                               if (client_id.empty()) {
                                                 listener_->OnChangesMissed();
                                               } else {
                                                 listener_->OnLimitChanged(client_id);
                                               }
                                             },
                                         .settings =
                                             [this] {
                                               std::lock_guard lock(listener_mu_);
                                               if (settings_listener_ != nullptr)
                                                 settings_listener_->OnSettingsChanged();
                                             }};
  listener.limits("");
  listener.settings();
  auto next_ping = Clock::now() + kPingPeriod;
  while (true) {
    Wait(watcher_->descriptor(), std::min(next_ping, Clock::now() + watcher_->period()));
    if (stopping_) return;
    if (suspect_.exchange(false) || Clock::now() >= next_ping) {
      if (!watcher_->Ping()) return;
      log_->Up();
      next_ping = Clock::now() + kPingPeriod;
    }
    if (!watcher_->Collect(listener)) return;
  }
}

void StorageThreads::OpenQueue() {
  suspect_ = false;
  log_->Up();
  std::lock_guard lock(mu_);
  open_ = !stopped_;
}

void StorageThreads::CloseQueue() {
  std::lock_guard lock(mu_);
  open_ = false;
  for (Job& job : queue_) refused_.push_back(std::move(job));
  queue_.clear();
  refusals_.notify_one();
}

void StorageThreads::Wait(int descriptor, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd descriptors[] = {{wake_, POLLIN, 0}, {descriptor, POLLIN, 0}};
  ::poll(descriptors, 2, static_cast<int>(std::max<std::int64_t>(left, 0)));
  eventfd_t ignored = 0;
  ::eventfd_read(wake_, &ignored);
}

void StorageThreads::Wake() {
  ::eventfd_write(wake_, 1);
}

void StorageThreads::Get(std::string client_id,
                         LimitsStorage::Done<std::optional<model::Limit>> done) {
  Post<std::optional<model::Limit>>(
      [client_id = std::move(client_id)](LimitsStore& store) { return store.Get(client_id); },
      std::move(done));
}

void StorageThreads::Create(model::ClientLimit limit, LimitsStorage::Done<void> done) {
  Post<void>([limit = std::move(limit)](LimitsStore& store) { return store.Create(limit); },
             std::move(done));
}

void StorageThreads::Update(model::ClientLimit limit, LimitsStorage::Done<void> done) {
  Post<void>([limit = std::move(limit)](LimitsStore& store) { return store.Update(limit); },
             std::move(done));
}

void StorageThreads::Delete(std::string client_id, LimitsStorage::Done<void> done) {
  Post<void>(
      [client_id = std::move(client_id)](LimitsStore& store) { return store.Delete(client_id); },
      std::move(done));
}

void StorageThreads::GetSetting(std::string tag,
                                SettingsStorage::Done<std::optional<std::string>> done) {
  Post<std::optional<std::string>>(
      [tag = std::move(tag)](LimitsStore& store) { return store.GetSetting(tag); },
      std::move(done));
}

void StorageThreads::PutSetting(std::string tag, std::string value,
                                SettingsStorage::Done<std::optional<std::int64_t>> done) {
  Post<std::optional<std::int64_t>>(
      [tag = std::move(tag), value = std::move(value)](LimitsStore& store) {
        return store.PutSetting(tag, value);
      },
      std::move(done));
}

void StorageThreads::AddCounts(std::shared_ptr<const service::CountBatch> batch,
                               CountsDone<void> done) {
  Post<void>([batch = std::move(batch)](LimitsStore& store) { return store.AddCounts(*batch); },
             std::move(done));
}

void StorageThreads::GetRequestCount(std::string writer, CountsDone<service::KeptRequests> done) {
  Post<service::KeptRequests>(
      [writer = std::move(writer)](LimitsStore& store) { return store.GetRequestCount(writer); },
      std::move(done));
}

void StorageThreads::GetClientCounts(std::string writer, std::string client_id,
                                     CountsDone<service::KeptClient> done) {
  Post<service::KeptClient>(
      [writer = std::move(writer), client_id = std::move(client_id)](LimitsStore& store) {
        return store.GetClientCounts(writer, client_id);
      },
      std::move(done));
}

}  // namespace balancer::repository
