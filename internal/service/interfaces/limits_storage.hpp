#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "internal/model/client_limit.hpp"
#include "internal/model/counter.hpp"
#include "internal/model/duration_histogram.hpp"
#include "internal/model/error.hpp"

namespace balancer::service {

// How storage has answered so far. Written under storage's lock, read on any thread.
struct StorageTraffic {
  model::DurationHistogram durations;  // of questions that a store was asked, waiting left out
  model::Counter unavailable;          // questions that got no answer
  model::Counter failed;               // questions that got an error that is none of the asker's
};

// Where limits are kept, asked without waiting. What the services need of storage; implemented by
// repository::StorageThreads over PostgreSQL and SQLite.
//
// Thread safety: every call may be made on any thread and returns at once. `done` is called exactly
// once, on a storage thread (never inside the call), with the answer or with storage_unavailable /
// storage_failed; also at shutdown, for what was still waiting.
class LimitsStorage {
 public:
  template <typename T>
  using Done = std::function<void(model::Result<T>)>;

  virtual ~LimitsStorage() = default;

  // nullopt: there is no such client.
  virtual void Get(std::string client_id, Done<std::optional<model::Limit>> done) = 0;
  // Fails with already_exists.
  virtual void Create(model::ClientLimit limit, Done<void> done) = 0;
  // Fails with not_found.
  virtual void Update(model::ClientLimit limit, Done<void> done) = 0;
  // Fails with not_found.
  virtual void Delete(std::string client_id, Done<void> done) = 0;

  // Whether storage answered when it was last asked or tried. Cheap.
  virtual bool available() const = 0;

  virtual const StorageTraffic& traffic() const = 0;
};

// Who hears of limits that were changed by others. Called on storage threads.
class LimitsListener {
 public:
  virtual ~LimitsListener() = default;

  // This client's row was created, changed or deleted, by us or by another instance.
  virtual void OnLimitChanged(const std::string& client_id) = 0;
  // Changes may have been missed (the connection was lost and is back): trust nothing remembered.
  virtual void OnChangesMissed() = 0;
};

}  // namespace balancer::service
