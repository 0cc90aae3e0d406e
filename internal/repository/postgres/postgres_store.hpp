#pragma once

#include <memory>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/postgres/session.hpp"

namespace balancer::repository {

// clients_limits and settings in PostgreSQL, by prepared statements. A call takes up to 2 s to
// connect (an address) and 6 s for the answer.
class PostgresStore : public LimitsStore {
 public:
  explicit PostgresStore(std::shared_ptr<Server> server);

  model::Result<std::optional<model::Limit>> Get(const std::string& client_id) override;
  model::Result<void> Create(const model::ClientLimit& limit) override;
  model::Result<void> Update(const model::ClientLimit& limit) override;
  model::Result<void> Delete(const std::string& client_id) override;
  model::Result<std::optional<std::string>> GetSetting(const std::string& tag) override;
  model::Result<std::optional<std::int64_t>> PutSetting(const std::string& tag,
                                                        const std::string& value) override;
  model::Result<void> Ping() override;

 private:
  template <typename... Args>
  model::Result<pqxx::result> Execute(const char* statement, const Args&... args);

  Session session_;
};

}  // namespace balancer::repository
