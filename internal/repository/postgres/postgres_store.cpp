#include "internal/repository/postgres/postgres_store.hpp"

#include <fmt/format.h>

#include <string>

#include "internal/repository/postgres/postgres_counts.hpp"

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;

void Prepare(pqxx::connection& connection) {
  connection.prepare("get",
                     "SELECT capacity, rate_per_sec FROM clients_limits WHERE client_id = $1");
  connection.prepare("create",
                     "INSERT INTO clients_limits (client_id, capacity, rate_per_sec) "
                     "VALUES ($1, $2::bigint, $3::double precision) "
                     "ON CONFLICT (client_id) DO NOTHING");
  connection.prepare("update",
                     "UPDATE clients_limits SET capacity = $2::bigint, "
                     "rate_per_sec = $3::double precision, updated_at = now() "
                     "WHERE client_id = $1");
  connection.prepare("delete", "DELETE FROM clients_limits WHERE client_id = $1");
  connection.prepare("get_setting", "SELECT value FROM settings WHERE tag = $1");
  connection.prepare("update_setting",
                     "UPDATE settings SET value = $2, updated_at = now() WHERE tag = $1");
  // Another instance may have made the row since it was not found to update.
  connection.prepare("insert_setting",
                     "INSERT INTO settings (tag, value) VALUES ($1, $2) ON CONFLICT (tag) "
                     "DO UPDATE SET value = excluded.value, updated_at = now() RETURNING id");
  connection.prepare("ping", "SELECT 1 FROM clients_limits LIMIT 1");
  PrepareCounts(connection);
}

// The shortest text that reads back as the same number.
std::string Exact(double number) {
  return fmt::format("{}", number);
}

}  // namespace

PostgresStore::PostgresStore(std::shared_ptr<Server> server)
    : session_(std::move(server), &Prepare) {}

template <typename... Args>
Result<pqxx::result> PostgresStore::Execute(const char* statement, const Args&... args) {
  pqxx::result rows;
  auto done = session_.Connect().and_then([&] {
    return session_.Run(kCallTimeout, [&](pqxx::connection& connection) {
      pqxx::nontransaction statement_alone(connection);
      rows = statement_alone.exec_prepared(statement, args...);
    });
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return rows;
}

Result<std::optional<model::Limit>> PostgresStore::Get(const std::string& client_id) {
  auto rows = Execute("get", client_id);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  const pqxx::row row = rows->front();
  return model::Limit{row[0].as<std::int64_t>(), row[1].as<double>()};
}

Result<void> PostgresStore::Create(const model::ClientLimit& limit) {
  auto rows =
      Execute("create", limit.client_id, limit.limit.capacity, Exact(limit.limit.rate_per_sec));
  if (!rows) return tl::unexpected(std::move(rows.error()));
  if (rows->affected_rows() == 0) return Fail(ErrorCode::already_exists);
  return {};
}

Result<void> PostgresStore::Update(const model::ClientLimit& limit) {
  auto rows =
      Execute("update", limit.client_id, limit.limit.capacity, Exact(limit.limit.rate_per_sec));
  if (!rows) return tl::unexpected(std::move(rows.error()));
  if (rows->affected_rows() == 0) return Fail(ErrorCode::not_found);
  return {};
}

Result<void> PostgresStore::Delete(const std::string& client_id) {
  auto rows = Execute("delete", client_id);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  if (rows->affected_rows() == 0) return Fail(ErrorCode::not_found);
  return {};
}

Result<std::optional<std::string>> PostgresStore::GetSetting(const std::string& tag) {
  auto rows = Execute("get_setting", tag);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  if (rows->empty()) return std::nullopt;
  return rows->front()[0].as<std::string>();
}

Result<std::optional<std::int64_t>> PostgresStore::PutSetting(const std::string& tag,
                                                              const std::string& value) {
  auto rows = Execute("update_setting", tag, value);
  if (rows && rows->affected_rows() > 0) return std::nullopt;
  if (rows) rows = Execute("insert_setting", tag, value);
  if (!rows) return tl::unexpected(std::move(rows.error()));
  return rows->front()[0].as<std::int64_t>();
}

template <typename T>
Result<T> PostgresStore::On(const std::function<T(pqxx::connection&)>& work) {
  T answer;
  auto done = session_.Connect().and_then([&] {
    return session_.Run(kCallTimeout,
                        [&](pqxx::connection& connection) { answer = work(connection); });
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return answer;
}

Result<void> PostgresStore::AddCounts(const service::CountBatch& batch) {
  return session_.Connect().and_then([&] {
    return session_.Run(kCallTimeout, [&](pqxx::connection& connection) {
      repository::AddCounts(connection, batch);
    });
  });
}

Result<service::KeptRequests> PostgresStore::GetRequestCount(const std::string& writer) {
  return On<service::KeptRequests>([&](pqxx::connection& connection) {
    return repository::GetRequestCount(connection, writer);
  });
}

Result<service::KeptClient> PostgresStore::GetClientCounts(const std::string& writer,
                                                           const std::string& client_id) {
  return On<service::KeptClient>([&](pqxx::connection& connection) {
    return repository::GetClientCounts(connection, writer, client_id);
  });
}

Result<void> PostgresStore::Ping() {
  auto rows = Execute("ping");
  if (!rows) return tl::unexpected(std::move(rows.error()));
  return {};
}

}  // namespace balancer::repository
