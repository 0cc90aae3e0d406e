#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/model/client_limit.hpp"
#include "internal/model/request_counts.hpp"
#include "internal/service/interfaces/clock.hpp"
#include "internal/service/interfaces/limits_storage.hpp"

namespace balancer::service {

struct TokenManagerOptions {
  std::optional<model::Limit> default_limits;  // absent: unknown clients are not limited
  std::size_t max_clients = 1'000'000;         // buckets kept in memory; at least 1
  bool reject_on_storage_error = false;        // else default_limits hold until storage is back
};

// What came of asking for a token.
struct Admission {
  enum class Verdict {
    allowed,
    refused,      // no token: 429, retry_after says when there will be one
    pending,      // the client's limits are being looked up: call Await
    unavailable,  // they cannot be, and on_storage_error says reject: 503
  };
  Verdict verdict = Verdict::allowed;
  std::chrono::seconds retry_after{0};  // rounded up, at least 1
};

// What has become of the buckets in memory.
struct BucketCacheStats {
  std::size_t size = 0;         // buckets now
  std::uint64_t hits = 0;       // calls of Admit() for a client whose limits were in memory
  std::uint64_t misses = 0;     // the others
  std::uint64_t evictions = 0;  // buckets that made room for others
};

// Decides who gets in: one token bucket per client_id, in a bounded cache in front of storage.
//
// A client seen for the first time is looked up in storage once, however many of its requests wait
// (single flight); a client that storage does not know gets default_limits and is remembered.
//
// Thread safety: all calls, on any thread. Storage's answers arrive on its threads.
// Lifetime: `storage` must outlive it and call back no more when this is destroyed.
class TokenManager : public LimitsListener {
 public:
  // Real time by default; tests pass a clock that they move by hand.
  using Clock = std::function<TimePoint()>;

  TokenManager(TokenManagerOptions options, LimitsStorage& storage,
               Clock clock = &std::chrono::steady_clock::now);
  ~TokenManager() override;

  // Takes a token of this client's bucket, if its limits are known. Never waits, never allocates
  // for a known client. `now` is the caller's reading of the monotonic clock.
  // REQUIRES: CheckClientId(client_id) holds.
  Admission Admit(std::string_view client_id, TimePoint now);

  // After `pending`: starts the look-up unless it is under way, and calls `done` once with the
  // verdict (never pending), the token taken: at once on this thread if the answer has come in the
  // meantime, else on a storage thread.
  void Await(std::string_view client_id, std::function<void(Admission)> done);

  // The limits that hold from the next request on; nullopt: the client is unknown now (deleted).
  // The tokens that the client has are kept, clamped to the new capacity. A look-up under way loses
  // against this.
  void Apply(std::string_view client_id, std::optional<model::Limit> limit);

  void OnLimitChanged(const std::string& client_id) override;
  void OnChangesMissed() override;

  // Every client's requests are counted, as they are allowed or refused, until somebody takes the
  // counts away; also those of clients that have been dropped from memory. There are untaken counts
  // of at most max_clients clients, or kMinUntaken a shard where that is more: past it a client
  // that has none yet is not counted.
  static constexpr std::size_t kMinUntaken = 4096;

  // Takes away the counts of up to `most` clients, each once; of fewer only when there are no more.
  // REQUIRES: no other thread is in this call.
  std::vector<std::pair<std::string, model::ClientCounts>> TakeCounts(std::size_t most);
  // A client's counts that have not been taken away.
  model::ClientCounts UntakenCountsOf(std::string_view client_id) const;
  // Requests that were not counted for want of room.
  std::uint64_t uncounted() const;

  // Buckets in memory now.
  std::size_t size() const { return stats().size; }
  BucketCacheStats stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace balancer::service
