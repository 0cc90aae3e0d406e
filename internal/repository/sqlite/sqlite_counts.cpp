#include "internal/repository/sqlite/sqlite_counts.hpp"

#include <cstdint>
#include <string>

#include "internal/repository/sqlite/counts_blocks.hpp"
#include "internal/repository/sqlite/counts_text.hpp"

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;
using service::CountBatch;

std::int64_t Signed(std::uint64_t count) {
  return static_cast<std::int64_t>(count);
}

// The journal is emptied when it has so many batches, or is about so large. The more clients are
// added to their blocks together, the more of them share the cost of one; but the file is locked
// meanwhile, and all of the journal is in memory.
constexpr std::size_t kJournalBatches = 96;
constexpr std::size_t kJournalBytes = 16 << 20;

// Within a transaction.
Result<void> AddClients(SqliteDatabase& database, const CountBatch& batch) {
  if (batch.clients.empty()) return {};
  const auto clients = CountsText(batch);
  if (!clients) return tl::unexpected(clients.error());
  auto insert =
      database.Prepare("INSERT INTO client_counts_journal (clients) VALUES (?) RETURNING seq");
  if (!insert) return tl::unexpected(std::move(insert.error()));
  const auto row = insert->Bind(*clients).Step();
  if (!row) return tl::unexpected(row.error());
  const auto batches = static_cast<std::size_t>(insert->Integer(0));
  if (const auto end = insert->Step(); !end) return tl::unexpected(end.error());
  if (batches < kJournalBatches && batches * clients->size() < kJournalBytes) return {};
  return EmptyCountsJournal(database);
}

// Within a transaction; false: the batch was added before.
Result<bool> AddWithin(SqliteDatabase& database, const CountBatch& batch) {
  auto begun = database.Run(
      "INSERT INTO count_writers (writer, batch) VALUES (?, ?) "
      "ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, "
      "written_at = excluded.written_at WHERE batch < excluded.batch RETURNING batch",
      batch.writer, batch.number);
  if (!begun || !*begun) return begun;
  if (batch.number == 1) {
    // Those that can have no batch under way any more.
    auto forgotten = database.Run(
        "DELETE FROM count_writers "
        "WHERE written_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-30 days')");
    if (!forgotten) return forgotten;
  }
  if (auto added = AddClients(database, batch); !added) {
    return tl::unexpected(std::move(added.error()));
  }
  return database
      .Run(
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
  // One statement, so that all of it is of the same moment: a row for each text that may have the
  // client, or one if there is none.
  auto query = database.Prepare(
      "SELECT coalesce((SELECT batch FROM count_writers WHERE writer = ?), 0), clients "
      "FROM (SELECT 1) LEFT JOIN ("
      "SELECT * FROM (SELECT clients FROM client_counts_blocks WHERE first <= ? "
      "ORDER BY first DESC LIMIT 1) UNION ALL SELECT clients FROM client_counts_journal)");
  if (!query) return tl::unexpected(std::move(query.error()));
  const std::string escaped = Escaped(client_id);
  query->Bind(writer).Bind(escaped);
  service::KeptClient kept;
  while (true) {
    const auto row = query->Step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return kept;
    kept.last_batch = query->Integer(0);
    const std::string text = query->Text(1);
    const auto entry = FindEntry(text, escaped);
    if (!entry) continue;
    const auto found = CountsOf(*entry);
    if (!found) return tl::unexpected(database.Damaged(kCountsText));
    kept.counts = kept.counts.value_or(model::ClientCounts{}) += found->counts;
  }
}

}  // namespace balancer::repository
