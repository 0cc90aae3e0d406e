#pragma once

#include <memory>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/sqlite/database.hpp"

namespace balancer::repository {

// clients_limits in a SQLite file. A call takes up to 2 s while another one writes.
class SqliteStore : public LimitsStore {
 public:
  explicit SqliteStore(std::shared_ptr<SqliteFile> file);

  model::Result<std::optional<model::Limit>> Get(const std::string& client_id) override;
  model::Result<void> Create(const model::ClientLimit& limit) override;
  model::Result<void> Update(const model::ClientLimit& limit) override;
  model::Result<void> Delete(const std::string& client_id) override;
  model::Result<void> Ping() override;

 private:
  // Runs a statement that returns a row for each row that it writes; `otherwise` is the failure
  // when there is none.
  template <typename... Args>
  model::Result<void> Write(const char* sql, model::ErrorCode otherwise, const Args&... args);

  SqliteDatabase database_;
};

}  // namespace balancer::repository
