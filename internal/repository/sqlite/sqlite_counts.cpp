#include "internal/repository/sqlite/sqlite_counts.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "internal/repository/sqlite/journal_text.hpp"

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

// So many batches in the journal are added to client_counts together. A row of that costs what its
// page costs, and with many clients a batch's rows are each on another page; but the file is locked
// meanwhile, about half a second for 64 batches of 5,000 clients.
constexpr std::int64_t kJournalBatches = 64;

struct Batch {
  std::string clients;
  std::string written_at;
};

Result<std::vector<Batch>> ReadJournal(SqliteDatabase& database) {
  auto query =
      database.Prepare("SELECT clients, written_at FROM client_counts_journal ORDER BY seq");
  if (!query) return tl::unexpected(std::move(query.error()));
  std::vector<Batch> journal;
  while (true) {
    const auto row = query->Step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return journal;
    journal.push_back({query->Text(0), query->Text(1)});
  }
}

struct Addition {
  JournalEntry entry;
  const Batch* batch;
};

// All of the journal, in the order of the clients and of time. The views are into the journal.
Result<std::vector<Addition>> SortedAdditions(const std::vector<Batch>& journal) {
  std::vector<Addition> additions;
  for (const Batch& batch : journal) {
    std::string_view rest = batch.clients;
    while (const auto entry = NextEntry(rest)) additions.push_back({*entry, &batch});
    if (rest != "}") return Fail(ErrorCode::storage_failed, "the journal of counts is damaged");
  }
  std::ranges::sort(additions, {},
                    [](const Addition& a) { return std::tuple(a.entry.escaped, a.batch); });
  return additions;
}

// Adds what is in the journal to client_counts, and empties it. Within a transaction.
Result<void> FoldJournal(SqliteDatabase& database) {
  const auto journal = ReadJournal(database);
  if (!journal) return tl::unexpected(journal.error());
  const auto additions = SortedAdditions(*journal);
  if (!additions) return tl::unexpected(additions.error());
  for (auto at = additions->begin(); at != additions->end();) {
    const auto first = at;
    model::ClientCounts counts;
    while (at != additions->end() && at->entry.escaped == first->entry.escaped) {
      counts += (at++)->entry.counts;
    }
    auto added = Run(database,
                     "INSERT INTO client_counts (client_id, allowed, refused, last_seen) "
                     "VALUES (?, ?, ?, ?) "
                     "ON CONFLICT (client_id) DO UPDATE SET allowed = allowed + excluded.allowed, "
                     "refused = refused + excluded.refused, last_seen = excluded.last_seen",
                     Unescaped(first->entry.escaped), Signed(counts.allowed),
                     Signed(counts.refused), std::prev(at)->batch->written_at);
    if (!added) return tl::unexpected(std::move(added.error()));
  }
  return database.Execute("DELETE FROM client_counts_journal");
}

// Within a transaction.
Result<void> AddClients(SqliteDatabase& database, const CountBatch& batch) {
  if (batch.clients.empty()) return {};
  const auto clients = JournalText(batch);
  if (!clients) return tl::unexpected(clients.error());
  std::int64_t batches = 0;
  {
    auto insert =
        database.Prepare("INSERT INTO client_counts_journal (clients) VALUES (?) RETURNING seq");
    if (!insert) return tl::unexpected(std::move(insert.error()));
    for (auto row = insert->Bind(*clients).Step(); !row || *row; row = insert->Step()) {
      if (!row) return tl::unexpected(row.error());
      batches = insert->Integer(0);
    }
  }
  if (batches < kJournalBatches) return {};
  return FoldJournal(database);
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
  if (auto added = AddClients(database, batch); !added) {
    return tl::unexpected(std::move(added.error()));
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
  // One statement, so that all of it is of the same moment: a row for each batch in the journal, or
  // one if there is none.
  auto query = database.Prepare(
      "SELECT client_id IS NOT NULL, allowed, refused, "
      "coalesce((SELECT batch FROM count_writers WHERE writer = ?), 0), clients "
      "FROM (SELECT 1) LEFT JOIN client_counts ON client_id = ? LEFT JOIN client_counts_journal");
  if (!query) return tl::unexpected(std::move(query.error()));
  query->Bind(writer).Bind(client_id);
  const std::string escaped = Escaped(client_id);
  service::KeptClient kept;
  for (bool first = true;; first = false) {
    const auto row = query->Step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return kept;
    if (first) {
      kept.last_batch = query->Integer(3);
      if (query->Integer(0) != 0) {
        kept.counts = {static_cast<std::uint64_t>(query->Integer(1)),
                       static_cast<std::uint64_t>(query->Integer(2))};
      }
    }
    if (const auto entry = FindEntry(query->Text(4), escaped)) {
      kept.counts = kept.counts.value_or(model::ClientCounts{}) += entry->counts;
    }
  }
}

}  // namespace balancer::repository
