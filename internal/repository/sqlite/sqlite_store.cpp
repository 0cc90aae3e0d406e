#include "internal/repository/sqlite/sqlite_store.hpp"

#include "internal/repository/sqlite/sqlite_counts.hpp"

namespace balancer::repository {

using model::ErrorCode;
using model::Fail;
using model::Result;

SqliteStore::SqliteStore(std::shared_ptr<SqliteFile> file)
    : database_(std::move(file), SqliteDatabase::Mode::existing) {}

Result<std::optional<model::Limit>> SqliteStore::Get(const std::string& client_id) {
  if (auto open = database_.Open(); !open) return tl::unexpected(std::move(open.error()));
  auto query =
      database_.Prepare("SELECT capacity, rate_per_sec FROM clients_limits WHERE client_id = ?");
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto found = query->Bind(client_id).Step();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::nullopt;
  return model::Limit{query->Integer(0), query->Real(1)};
}

template <typename... Args>
Result<std::int64_t> SqliteStore::WriteRow(const char* sql, ErrorCode otherwise,
                                           const Args&... args) {
  if (auto open = database_.Open(); !open) return tl::unexpected(std::move(open.error()));
  auto statement = database_.Prepare(sql);
  if (!statement) return tl::unexpected(std::move(statement.error()));
  (statement->Bind(args), ...);
  const auto written = statement->Step();
  if (!written) return tl::unexpected(written.error());
  if (!*written) return Fail(otherwise);
  const std::int64_t id = statement->Integer(0);
  const auto end = statement->Step();  // what was written holds only now
  if (!end) return tl::unexpected(end.error());
  return id;
}

Result<void> SqliteStore::Create(const model::ClientLimit& limit) {
  return Write(
      "INSERT INTO clients_limits (client_id, capacity, rate_per_sec) VALUES (?, ?, ?) "
      "ON CONFLICT (client_id) DO NOTHING RETURNING id",
      ErrorCode::already_exists, limit.client_id, limit.limit.capacity, limit.limit.rate_per_sec);
}

Result<void> SqliteStore::Update(const model::ClientLimit& limit) {
  return Write(
      "UPDATE clients_limits SET capacity = ?, rate_per_sec = ?, "
      "updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE client_id = ? RETURNING id",
      ErrorCode::not_found, limit.limit.capacity, limit.limit.rate_per_sec, limit.client_id);
}

Result<void> SqliteStore::Delete(const std::string& client_id) {
  return Write("DELETE FROM clients_limits WHERE client_id = ? RETURNING id", ErrorCode::not_found,
               client_id);
}

Result<std::optional<std::string>> SqliteStore::GetSetting(const std::string& tag) {
  if (auto open = database_.Open(); !open) return tl::unexpected(std::move(open.error()));
  auto query = database_.Prepare("SELECT value FROM settings WHERE tag = ?");
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto found = query->Bind(tag).Step();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return std::nullopt;
  return query->Text(0);
}

Result<std::optional<std::int64_t>> SqliteStore::PutSetting(const std::string& tag,
                                                            const std::string& value) {
  const auto updated = Write(
      "UPDATE settings SET value = ?, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
      "WHERE tag = ? RETURNING id",
      ErrorCode::not_found, value, tag);
  if (updated) return std::nullopt;
  if (updated.error().code != ErrorCode::not_found) return tl::unexpected(updated.error());
  // Another instance may have made the row meanwhile.
  return WriteRow(
      "INSERT INTO settings (tag, value) VALUES (?, ?) ON CONFLICT (tag) DO UPDATE SET "
      "value = excluded.value, updated_at = excluded.updated_at RETURNING id",
      ErrorCode::storage_failed, tag, value);
}

Result<void> SqliteStore::AddCounts(const service::CountBatch& batch) {
  if (auto open = database_.Open(); !open) return open;
  auto added = repository::AddCounts(database_, batch);
  if (!added) database_.Close();
  return added;
}

Result<service::KeptRequests> SqliteStore::GetRequestCount(const std::string& writer) {
  return database_.Open().and_then([&] { return repository::GetRequestCount(database_, writer); });
}

Result<service::KeptClient> SqliteStore::GetClientCounts(const std::string& writer,
                                                         const std::string& client_id) {
  return database_.Open().and_then(
      [&] { return repository::GetClientCounts(database_, writer, client_id); });
}

Result<void> SqliteStore::Ping() {
  if (auto open = database_.Open(); !open) return open;
  auto query = database_.Prepare("SELECT 1 FROM clients_limits LIMIT 1");
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto answered = query->Step();
  if (!answered) return tl::unexpected(answered.error());
  return {};
}

}  // namespace balancer::repository
