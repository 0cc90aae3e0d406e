#pragma once

#include <functional>
#include <memory>

#include "internal/repository/limits_store.hpp"
#include "internal/repository/postgres/session.hpp"

namespace balancer::repository {

// Limits, settings and counts in PostgreSQL, by prepared statements. A call takes up to 2 s to
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
  model::Result<void> AddCounts(const service::CountBatch& batch) override;
  model::Result<service::KeptRequests> GetRequestCount(const std::string& writer) override;
  model::Result<service::KeptClient> GetClientCounts(const std::string& writer,
                                                     const std::string& client_id) override;
  model::Result<void> Ping() override;

 private:
  template <typename... Args>
  model::Result<pqxx::result> Execute(const char* statement, const Args&... args);
  // What `work` returns of the connection.
  template <typename T>
  model::Result<T> On(const std::function<T(pqxx::connection&)>& work);

  Session session_;
};

}  // namespace balancer::repository
