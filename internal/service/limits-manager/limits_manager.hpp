#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "internal/model/client_limit.hpp"
#include "internal/model/error.hpp"
#include "internal/service/interfaces/limits_storage.hpp"
#include "internal/service/token-manager/token_manager.hpp"

namespace balancer::service {

// Creates, reads, changes and deletes clients' limits: storage first, then the buckets in memory,
// then the answer - so that a change holds for the very next request.
//
// Thread safety: all calls, on any thread; `done` comes on a storage thread. Two changes of one
// client take effect in memory in the order in which they did in storage.
// Lifetime: both references must outlive it; storage calls back no more when it is destroyed.
class LimitsManager {
 public:
  template <typename T>
  using Done = LimitsStorage::Done<T>;

  LimitsManager(LimitsStorage& storage, TokenManager& tokens);

  // Errors: already_exists, not_found, storage_unavailable, storage_failed.
  void Create(model::ClientLimit limit, Done<void> done);
  void Get(std::string client_id, Done<model::ClientLimit> done);
  void Update(model::ClientLimit limit, Done<void> done);
  void Delete(std::string client_id, Done<void> done);

  bool storage_available() const { return storage_.available(); }

 private:
  // A change, told to storage when it is called.
  using Change = std::function<void()>;

  // Makes the change at once, or after those of the same client that are under way.
  void Begin(const std::string& client_id, Change change);
  // What storage said to a change: `after` are the client's limits if it went well.
  void End(const std::string& client_id, const std::optional<model::Limit>& after,
           model::Result<void> result, const Done<void>& done);

  LimitsStorage& storage_;
  TokenManager& tokens_;

  std::mutex mu_;
  // Guarded by mu_: the clients with a change under way, and the changes that wait for it. Bounded
  // by the control-plane requests in flight.
  std::unordered_map<std::string, std::deque<Change>> under_way_;
};

}  // namespace balancer::service
