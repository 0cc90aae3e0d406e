#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "internal/model/request_counts.hpp"
#include "internal/service/interfaces/counts_storage.hpp"
#include "internal/service/token-manager/token_manager.hpp"
#include "internal/service/turns/turns.hpp"

namespace balancer::service {

// Carries the counts of requests, in all and of each client, from where they are counted into
// storage, and tells them: what storage has, and what has not got there yet.
//
// Nothing is lost or added twice while the process lives. Counts go in batches, one at a time; one
// of which storage did not say that it has it is kept and sent again, the same and under the same
// number, until it does. What comes meanwhile waits where it is counted.
//
// Thread safety: all calls, on any thread; `done` comes on a storage thread.
// Lifetime: both references must outlive it; storage calls back no more when it is destroyed.
class RequestCounter {
 public:
  template <typename T>
  using Done = CountsStorage::CountsDone<T>;

  // Clients in one batch: in PostgreSQL a transaction of some 50 ms.
  static constexpr std::size_t kBatchClients = 5000;

  // `requests` tells how many there have been since the start; it is called on any thread.
  RequestCounter(CountsStorage& storage, TokenManager& tokens,
                 std::function<std::uint64_t()> requests);

  // Begins to write what has been counted. Does not wait.
  void Flush();
  // Writes what has been counted, trying for so long. False: some of it is not written.
  bool FlushAndWait(std::chrono::milliseconds patience);

  // Errors: storage_unavailable, storage_failed.
  void GetRequests(Done<model::RequestCount> done);
  // Fails with not_found when no request of this client has been counted.
  void GetClient(std::string client_id, Done<model::ClientCounts> done);

 private:
  // In a turn.
  void Write();
  void OnWritten(const model::Result<void>& result);
  std::shared_ptr<const CountBatch> NextBatch();
  void WarnOfUncounted();
  // Whether storage has the batch that is kept, or there is none.
  bool HasBatch(std::int64_t last_batch) const;

  CountsStorage& storage_;
  TokenManager& tokens_;
  const std::function<std::uint64_t()> requests_;
  const std::string writer_;  // told apart from all other processes, ever
  Turns turns_;

  // Belong to whose turn it is.
  std::shared_ptr<const CountBatch> batch_;  // not known to be in storage; nullptr: none
  bool behind_ = false;                      // the batch is older than the flush that sends it
  std::int64_t last_number_ = 0;
  std::uint64_t requests_taken_ = 0;  // those in all batches so far
  std::uint64_t uncounted_ = 0;       // as the token manager said last
  bool warned_ = false;
};

}  // namespace balancer::service
