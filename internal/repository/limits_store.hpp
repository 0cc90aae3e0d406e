#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "internal/model/client_limit.hpp"
#include "internal/model/error.hpp"
#include "internal/service/interfaces/counts_storage.hpp"

namespace balancer::repository {

// One connection to a store of limits, settings and counts, used by one storage thread at a time;
// calls wait.
//
// Errors: storage_unavailable when the connection is lost or cannot be made (the next call tries to
// connect again), storage_failed when the store refuses. No exception leaves it.
class LimitsStore {
 public:
  virtual ~LimitsStore() = default;

  virtual model::Result<std::optional<model::Limit>> Get(const std::string& client_id) = 0;
  virtual model::Result<void> Create(const model::ClientLimit& limit) = 0;  // already_exists
  virtual model::Result<void> Update(const model::ClientLimit& limit) = 0;  // not_found
  virtual model::Result<void> Delete(const std::string& client_id) = 0;     // not_found
  virtual model::Result<std::optional<std::string>> GetSetting(const std::string& tag) = 0;
  // The id of the row that was made; nullopt: there was one, and it was changed.
  virtual model::Result<std::optional<std::int64_t>> PutSetting(const std::string& tag,
                                                                const std::string& value) = 0;
  // As service::CountsStorage has them.
  virtual model::Result<void> AddCounts(const service::CountBatch& batch) = 0;
  virtual model::Result<service::KeptRequests> GetRequestCount(const std::string& writer) = 0;
  virtual model::Result<service::KeptClient> GetClientCounts(const std::string& writer,
                                                             const std::string& client_id) = 0;
  // Asks for nothing: whether the store answers, connecting if need be.
  virtual model::Result<void> Ping() = 0;
};

}  // namespace balancer::repository
