#include "internal/repository/sqlite/sqlite_counts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
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

// The journal is emptied when it has so many batches, or is about so large. The more clients are
// added to their rows together, in order, the more of them share the cost of a page; but the file
// is locked meanwhile, up to about half a second, and all of the journal is in memory.
constexpr std::size_t kJournalBatches = 48;
constexpr std::size_t kJournalBytes = 16 << 20;

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

// The first eight bytes as a number that compares as they do: in a sort of very many texts, far
// apart in memory, few need to be looked at.
std::uint64_t Beginning(std::string_view text) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  }
  return number;
}

// What is to be added to a client's row.
struct Addition {
  std::uint64_t beginning;  // of the client_id
  JournalEntry entry;
  const Batch* batch;  // the last that has the client
};

// All that is in the journal, in the order of the clients, each once. The views are into the
// journal.
Result<std::vector<Addition>> AdditionsOf(const std::vector<Batch>& journal) {
  std::vector<Addition> all;
  for (const Batch& batch : journal) {
    std::string_view rest = batch.clients;
    while (const auto entry = NextEntry(rest)) {
      all.push_back({Beginning(entry->escaped), *entry, &batch});
    }
    if (rest != "}") return Fail(ErrorCode::storage_failed, "the journal of counts is damaged");
  }
  std::ranges::sort(all, {}, [](const Addition& addition) {
    return std::tuple(addition.beginning, addition.entry.escaped, addition.batch);
  });
  std::size_t clients = 0;
  for (const Addition& addition : all) {
    if (clients > 0 && all[clients - 1].entry.escaped == addition.entry.escaped) {
      all[clients - 1].entry.counts += addition.entry.counts;
      all[clients - 1].batch = addition.batch;
    } else {
      all[clients++] = addition;
    }
  }
  all.resize(clients);
  return all;
}

// Rows of one statement: about a quarter of what a row costs is the beginning and the end of its
// statement.
constexpr std::size_t kRowsAtOnce = 16;

std::string AddRowsStatement(std::size_t rows) {
  std::string sql = "INSERT INTO client_counts (client_id, allowed, refused, last_seen) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) sql += i == 0 ? "(?, ?, ?, ?)" : ", (?, ?, ?, ?)";
  return sql +
         " ON CONFLICT (client_id) DO UPDATE SET allowed = allowed + excluded.allowed, "
         "refused = refused + excluded.refused, last_seen = excluded.last_seen";
}

// REQUIRES: there are kRowsAtOnce, or one.
Result<void> AddRows(SqliteDatabase& database, std::span<const Addition> additions) {
  static const std::string kOne = AddRowsStatement(1);
  static const std::string kMany = AddRowsStatement(kRowsAtOnce);
  std::array<std::string, kRowsAtOnce> client_ids;  // outlive the statement
  auto statement = database.Prepare((additions.size() == 1 ? kOne : kMany).c_str());
  if (!statement) return tl::unexpected(std::move(statement.error()));
  for (std::size_t i = 0; i < additions.size(); ++i) {
    const auto& [beginning, entry, batch] = additions[i];
    client_ids[i] = Unescaped(entry.escaped);
    statement->Bind(client_ids[i])
        .Bind(Signed(entry.counts.allowed))
        .Bind(Signed(entry.counts.refused))
        .Bind(batch->written_at);
  }
  return statement->Step().map([](bool) {});
}

// Adds what is in the journal to client_counts, and empties it. Within a transaction.
Result<void> EmptyJournal(SqliteDatabase& database) {
  const auto journal = ReadJournal(database);
  if (!journal) return tl::unexpected(journal.error());
  const auto additions = AdditionsOf(*journal);
  if (!additions) return tl::unexpected(additions.error());
  for (std::span<const Addition> rest = *additions; !rest.empty();) {
    const std::size_t rows = rest.size() < kRowsAtOnce ? 1 : kRowsAtOnce;
    if (auto added = AddRows(database, rest.first(rows)); !added) return added;
    rest = rest.subspan(rows);
  }
  return database.Execute("DELETE FROM client_counts_journal");
}

// Within a transaction.
Result<void> AddClients(SqliteDatabase& database, const CountBatch& batch) {
  if (batch.clients.empty()) return {};
  const auto clients = JournalText(batch);
  if (!clients) return tl::unexpected(clients.error());
  auto insert =
      database.Prepare("INSERT INTO client_counts_journal (clients) VALUES (?) RETURNING seq");
  if (!insert) return tl::unexpected(std::move(insert.error()));
  const auto row = insert->Bind(*clients).Step();
  if (!row) return tl::unexpected(row.error());
  const auto batches = static_cast<std::size_t>(insert->Integer(0));
  if (const auto end = insert->Step(); !end) return tl::unexpected(end.error());
  if (batches < kJournalBatches && batches * clients->size() < kJournalBytes) return {};
  return EmptyJournal(database);
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
