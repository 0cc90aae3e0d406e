#pragma once

#include <functional>
#include <string>

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
// Lifetime: both references must outlive it.
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
  LimitsStorage& storage_;
  TokenManager& tokens_;
};

}  // namespace balancer::service
