#include "internal/repository/sqlite/sqlite_counts.hpp"

#include <cstdint>

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;
using service::CountBatch;

// Runs a statement; whether it had a row.
template <typename... Args>
Result<bool> Run(SqliteDatabase& database, const char* sql, const Args&... args) {
  auto statement = database.Prepare(sql);
  if (!statement) return tl::unexpected(std::move(statement.error()));
  (statement->Bind(args), ...);
  auto row = statement->Step();
  if (row && *row) {
    if (auto end = statement->Step(); !end) return end;
  }
  return row;
}

std::int64_t Signed(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

// Within a transaction; false: the batch was added before.
Result<bool> AddWithin(SqliteDatabase& database, const CountBatch& batch) {
  auto begun = Run(database,
                   "INSERT INTO count_writers (writer, batch) VALUES (?, ?) "
                   "ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, "
                   "written_at = excluded.written_at WHERE batch < excluded.batch RETURNING batch",
                   batch.writer, batch.number);
  if (!begun || !*begun) return begun;
  if (batch.number == 1) {
    // Those that can have no batch under way any more.
    auto forgotten = Run(database,
                         "DELETE FROM count_writers "
                         "WHERE written_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-30 days')");
    if (!forgotten) return forgotten;
  }
  for (const auto& [client_id, counts] : batch.clients) {
    auto added = Run(database,
                     "INSERT INTO client_counts (client_id, allowed, refused) VALUES (?, ?, ?) "
                     "ON CONFLICT (client_id) DO UPDATE SET allowed = allowed + excluded.allowed, "
                     "refused = refused + excluded.refused, last_seen = excluded.last_seen",
                     client_id, Signed(counts.allowed), Signed(counts.refused));
    if (!added) return added;
  }
  return Run(database,
             "INSERT INTO request_counts (id, count) VALUES (1, ?) "
             "ON CONFLICT (id) DO UPDATE SET count = count + excluded.count",
             Signed(batch.requests))
      .map([](bool) { return true; });
}

}  // namespace

Result<void> AddCounts(SqliteDatabase& database, const CountBatch& batch) {
  if (auto begun = database.Execute("BEGIN IMMEDIATE"); !begun) return begun;
  auto added = AddWithin(database, batch);
  if (!added) return tl::unexpected(std::move(added.error()));
  return database.Execute(*added ? "COMMIT" : "ROLLBACK");
}

Result<service::KeptRequests> GetRequestCount(SqliteDatabase& database, const std::string& writer) {
  auto query = database.Prepare(
      "SELECT count, since, coalesce((SELECT batch FROM count_writers WHERE writer = ?), 0) "
      "FROM request_counts");
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto found = query->Bind(writer).Step();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return Fail(ErrorCode::storage_failed, "the count of requests is not there");
  return service::KeptRequests{{static_cast<std::uint64_t>(query->Integer(0)), query->Text(1)},
                               query->Integer(2)};
}

Result<service::KeptClient> GetClientCounts(SqliteDatabase& database, const std::string& writer,
                                            const std::string& client_id) {
  auto query = database.Prepare(
      "SELECT client_id IS NOT NULL, allowed, refused, "
      "coalesce((SELECT batch FROM count_writers WHERE writer = ?), 0) "
      "FROM (SELECT 1) LEFT JOIN client_counts ON client_id = ?");
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto found = query->Bind(writer).Bind(client_id).Step();
  if (!found) return tl::unexpected(found.error());
  service::KeptClient kept;
  kept.last_batch = query->Integer(3);
  if (query->Integer(0) != 0) {
    kept.counts = {static_cast<std::uint64_t>(query->Integer(1)),
                   static_cast<std::uint64_t>(query->Integer(2))};
  }
  return kept;
}

}  // namespace balancer::repository
