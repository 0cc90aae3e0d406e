#include "internal/service/request-counter/request_counter.hpp"

#include <future>
#include <random>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace balancer::service {
namespace {

using model::ClientCounts;
using model::ErrorCode;
using model::RequestCount;
using model::Result;

constexpr std::chrono::milliseconds kBetweenAttempts{100};

std::string NewWriter() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

RequestCounter::RequestCounter(CountsStorage& storage, TokenManager& tokens,
                               std::function<std::uint64_t()> requests)
    : storage_(storage), tokens_(tokens), requests_(std::move(requests)), writer_(NewWriter()) {}

void RequestCounter::Flush() {
  turns_.TakeUnlessWaiting([this] { Write(); });
}

bool RequestCounter::FlushAndWait(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (true) {
    Flush();
    const auto written = std::make_shared<std::promise<bool>>();
    turns_.Take([this, written] {
      const bool all = batch_ == nullptr;
      turns_.End();
      written->set_value(all);
    });
    auto answer = written->get_future();
    if (answer.wait_until(deadline) != std::future_status::ready) return false;
    if (answer.get()) return true;
    const auto again = std::chrono::steady_clock::now() + kBetweenAttempts;
    if (again >= deadline) return false;
    std::this_thread::sleep_until(again);
  }
}

void RequestCounter::GetRequests(Done<RequestCount> done) {
  turns_.Take([this, done = std::move(done)] {
    storage_.GetRequestCount(writer_, [this, done](Result<KeptRequests> kept) {
      auto answer = std::move(kept).map([this](KeptRequests found) {
        found.requests.count += requests_() - requests_taken_;
        if (!HasBatch(found.last_batch)) found.requests.count += batch_->requests;
        return std::move(found.requests);
      });
      turns_.End();
      done(std::move(answer));
    });
  });
}

void RequestCounter::GetClient(std::string client_id, Done<ClientCounts> done) {
  turns_.Take([this, client_id = std::move(client_id), done = std::move(done)] {
    storage_.GetClientCounts(writer_, client_id, [this, client_id, done](Result<KeptClient> kept) {
      auto answer = std::move(kept).and_then([&](const KeptClient& found) -> Result<ClientCounts> {
        ClientCounts counts = tokens_.UntakenCountsOf(client_id);
        if (!HasBatch(found.last_batch)) {
          for (const auto& [client, of_batch] : batch_->clients) {
            if (client == client_id) counts += of_batch;
          }
        }
        if (!found.counts && counts == ClientCounts{}) {
          return model::Fail(ErrorCode::not_found,
                             "no requests of this client_id have been counted");
        }
        return counts += found.counts.value_or(ClientCounts{});
      });
      turns_.End();
      done(std::move(answer));
    });
  });
}

void RequestCounter::Write() {
  if (batch_ == nullptr) batch_ = NextBatch();
  if (batch_ == nullptr) return turns_.End();
  storage_.AddCounts(batch_, [this](const Result<void>& result) { OnWritten(result); });
}

void RequestCounter::OnWritten(const Result<void>& result) {
  if (!result) {
    behind_ = true;
    return turns_.End();
  }
  const bool full = batch_->clients.size() == kBatchClients;
  batch_ = nullptr;
  if (std::exchange(behind_, false) || full) return Write();
  turns_.End();
}

std::shared_ptr<const CountBatch> RequestCounter::NextBatch() {
  WarnOfUncounted();
  const std::uint64_t requests = requests_();
  auto clients = tokens_.TakeCounts(kBatchClients);
  if (requests == requests_taken_ && clients.empty()) return nullptr;
  return std::make_shared<CountBatch>(CountBatch{
      .writer = writer_,
      .number = ++last_number_,
      .requests = requests - std::exchange(requests_taken_, requests),
      .clients = std::move(clients),
  });
}

void RequestCounter::WarnOfUncounted() {
  const std::uint64_t uncounted = tokens_.uncounted();
  const bool more = uncounted != std::exchange(uncounted_, uncounted);
  if (more && !std::exchange(warned_, more)) {
    spdlog::warn("too many clients at once: requests are missing in the counts of some");
  }
  warned_ = more;
}

bool RequestCounter::HasBatch(std::int64_t last_batch) const {
  return batch_ == nullptr || last_batch >= batch_->number;
}

}  // namespace balancer::service
