#pragma once

#include <memory>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/sqlite/database.hpp"

namespace balancer::repository {

// Limits, settings and counts in a SQLite file. A call takes up to 2 s while another one writes.
class SqliteStore : public LimitsStore {
 public:
  explicit SqliteStore(std::shared_ptr<SqliteFile> file);

  model::Result<std::optional<model::Limit>> Get(const std::string& client_id) override;
  model::Result<void> Create(const model::ClientLimit& limit) override;
  model::Result<void> Update(const model::ClientLimit& limit) override;
  model::Result<void> Delete(const std::string& client_id) override;
  model::Result<std::optional<std::string>> GetSetting(const std::string& tag) override;
  model::Result<std::optional<std::int64_t>> PutSetting(const std::string& tag,
                                                        const std::string& value) override;
  model::Result<void> AddCounts(const service::CountBatch& batch) override;
  model::Result<service::KeptRequests> GetRequestCount(const std::string& writer) override;
  model::Result<service::KeptClient> GetClientCounts(const std::string& writer,
                                                     const std::string& client_id) override;
  model::Result<void> Ping() override;

 private:
  // Runs a statement that returns the id of the row that it writes; `otherwise` is the failure when
  // there is none.
  template <typename... Args>
  model::Result<std::int64_t> WriteRow(const char* sql, model::ErrorCode otherwise,
                                       const Args&... args);
  template <typename... Args>
  model::Result<void> Write(const Args&... args) {
    return WriteRow(args...).map([](std::int64_t) {});
  }

  SqliteDatabase database_;
};

}  // namespace balancer::repository
