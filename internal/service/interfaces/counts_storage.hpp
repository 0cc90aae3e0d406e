#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "internal/model/error.hpp"
#include "internal/model/request_counts.hpp"

namespace balancer::service {

// Counts to be added to those that are kept, all of them or none.
struct CountBatch {
  std::string writer;       // the process
  std::int64_t number = 0;  // of the batch, from 1 in each process
  std::uint64_t requests = 0;
  std::vector<std::pair<std::string, model::ClientCounts>> clients;  // each once
};

// What is kept, and the number of the writer's last batch in it; 0: none.
struct KeptRequests {
  model::RequestCount requests;
  std::int64_t last_batch = 0;
};
struct KeptClient {
  std::optional<model::ClientCounts> counts;  // nullopt: there is no such client
  std::int64_t last_batch = 0;
};

// Where requests' counts are kept, asked without waiting: threads, errors and `done` as
// LimitsStorage has them.
class CountsStorage {
 public:
  template <typename T>
  using CountsDone = std::function<void(model::Result<T>)>;

  virtual ~CountsStorage() = default;

  // Adds a batch, unless the writer's batch of this number or a later one has been added before: a
  // batch whose fate is not known can be sent again.
  virtual void AddCounts(std::shared_ptr<const CountBatch> batch, CountsDone<void> done) = 0;
  virtual void GetRequestCount(std::string writer, CountsDone<KeptRequests> done) = 0;
  virtual void GetClientCounts(std::string writer, std::string client_id,
                               CountsDone<KeptClient> done) = 0;
};

}  // namespace balancer::service
