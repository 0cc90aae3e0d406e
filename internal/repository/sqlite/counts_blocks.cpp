#include "internal/repository/sqlite/counts_blocks.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "internal/repository/sqlite/counts_text.hpp"

namespace balancer::repository {
namespace {

using model::Result;

// A block of more bytes is split. So much fits, with its row, into a page of SQLite's.
constexpr std::size_t kBlockBytes = 3800;

struct Batch {
  std::string clients;
  std::int64_t written_at;  // seconds since 1970
};

Result<std::vector<Batch>> ReadJournal(SqliteDatabase& database) {
  auto query = database.Prepare("SELECT clients, unixepoch(written_at) FROM client_counts_journal");
  if (!query) return tl::unexpected(std::move(query.error()));
  std::vector<Batch> journal;
  while (true) {
    const auto row = query->Step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return journal;
    journal.push_back({query->Text(0), query->Integer(1)});
  }
}

// What is to be added to a client's counts.
struct Addition {
  std::uint64_t beginning;   // of what tells the client_id from others
  std::string_view escaped;  // the client_id
  EntryCounts counts;
};

// Eight bytes as a number that compares as they do: in a sort of very many texts, far apart in
// memory, few need to be looked at.
std::uint64_t Beginning(std::string_view text) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
  }
  return number;
}

// With how many bytes all of them begin.
std::size_t CommonBeginning(std::span<const Addition> all) {
  if (all.empty()) return 0;
  std::string_view common = all.front().escaped;
  for (const Addition& addition : all) {
    const auto end = std::ranges::mismatch(common, addition.escaped).in1;
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  return common.size();
}

// All that is in the journal, in the order of the clients, each once. The views are into the
// journal.
Result<std::vector<Addition>> AdditionsOf(SqliteDatabase& database,
                                          const std::vector<Batch>& journal) {
  std::vector<Addition> all;
  for (const Batch& batch : journal) {
    std::string_view rest = batch.clients;
    while (const auto entry = NextEntry(rest)) {
      auto counts = CountsOf(*entry);
      if (!counts) return tl::unexpected(database.Damaged(kCountsText));
      if (counts->last_seen == 0) counts->last_seen = batch.written_at;
      all.push_back({0, entry->escaped, *counts});
    }
    if (!IsEndOfCounts(rest)) return tl::unexpected(database.Damaged(kCountsText));
  }
  const std::size_t common = CommonBeginning(all);
  for (Addition& addition : all) addition.beginning = Beginning(addition.escaped.substr(common));
  std::ranges::sort(all, {}, [](const Addition& addition) {
    return std::tuple(addition.beginning, addition.escaped);
  });
  std::size_t clients = 0;
  for (const Addition& addition : all) {
    if (clients > 0 && all[clients - 1].escaped == addition.escaped) {
      all[clients - 1].counts += addition.counts;
    } else {
      all[clients++] = addition;
    }
  }
  all.resize(clients);
  return all;
}

struct Block {
  std::int64_t id;
  std::string clients;
  std::string next;  // where the next block begins; empty: this is the last one
};

// The block to which a client belongs.
Result<Block> FindBlock(SqliteDatabase& database, std::string_view escaped) {
  auto query = database.Prepare(
      "SELECT id, clients, (SELECT min(first) FROM client_counts_blocks WHERE first > ?1) "
      "FROM client_counts_blocks WHERE first <= ?1 ORDER BY first DESC LIMIT 1");
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto found = query->Bind(escaped).Step();
  if (!found) return tl::unexpected(found.error());
  if (!*found) return tl::unexpected(database.Damaged("client_counts_blocks"));
  return Block{query->Integer(0), query->Text(1), query->Text(2)};
}

// A block's text with additions. Entries without an addition are not read, but copied. nullopt: it
// is damaged.
std::optional<std::string> Merge(std::string_view block, std::span<const Addition> additions) {
  std::string merged;
  merged.reserve(kBlockBytes);
  while (const auto entry = NextEntry(block)) {
    for (; !additions.empty() && additions.front().escaped < entry->escaped;
         additions = additions.subspan(1)) {
      AppendEntry(merged, additions.front().escaped, additions.front().counts);
    }
    if (additions.empty() || additions.front().escaped != entry->escaped) {
      AppendEntry(merged, entry->text);
      continue;
    }
    auto sum = CountsOf(*entry);
    if (!sum) return std::nullopt;
    *sum += additions.front().counts;
    AppendEntry(merged, entry->escaped, *sum);
    additions = additions.subspan(1);
  }
  if (!IsEndOfCounts(block)) return std::nullopt;
  for (const Addition& addition : additions) {
    AppendEntry(merged, addition.escaped, addition.counts);
  }
  EndCounts(merged);
  return merged;
}

struct Piece {
  std::string_view first;  // its first client
  std::string text;
};

// A text in pieces of about the same size, as many as it takes.
std::vector<Piece> Cut(std::string_view text) {
  const std::size_t bytes_of_each = text.size() / (text.size() / kBlockBytes + 1) + 1;
  std::vector<Piece> pieces;
  while (const auto entry = NextEntry(text)) {
    if (pieces.empty() || pieces.back().text.size() >= bytes_of_each) {
      pieces.push_back({entry->escaped, {}});
    }
    AppendEntry(pieces.back().text, entry->text);
  }
  for (Piece& piece : pieces) EndCounts(piece.text);
  return pieces;
}

Result<void> AddToBlock(SqliteDatabase& database, const Block& block,
                        std::span<const Addition> additions) {
  const auto merged = Merge(block.clients, additions);
  if (!merged) return tl::unexpected(database.Damaged(kCountsText));
  const auto put_in_place = [&](const std::string& text) {
    return database.Run("UPDATE client_counts_blocks SET clients = ? WHERE id = ?", text, block.id);
  };
  if (merged->size() <= kBlockBytes) return put_in_place(*merged).map([](bool) {});
  const auto pieces = Cut(*merged);
  for (const Piece& piece : pieces) {
    auto written =
        &piece == &pieces.front()
            ? put_in_place(piece.text)
            : database.Run("INSERT INTO client_counts_blocks (clients, first) VALUES (?, ?)",
                           piece.text, piece.first);
    if (!written) return tl::unexpected(std::move(written.error()));
  }
  return {};
}

}  // namespace

Result<void> EmptyCountsJournal(SqliteDatabase& database) {
  const auto journal = ReadJournal(database);
  if (!journal) return tl::unexpected(journal.error());
  const auto additions = AdditionsOf(database, *journal);
  if (!additions) return tl::unexpected(additions.error());
  auto begun = database.Run(
      "INSERT INTO client_counts_blocks (first, clients) VALUES ('', '{}') ON CONFLICT DO NOTHING");
  if (!begun) return tl::unexpected(std::move(begun.error()));
  for (std::span<const Addition> rest = *additions; !rest.empty();) {
    const auto block = FindBlock(database, rest.front().escaped);
    if (!block) return tl::unexpected(block.error());
    const auto next = std::ranges::find_if(rest, [&block](const Addition& addition) {
      return !block->next.empty() && addition.escaped >= block->next;
    });
    const auto of_block = rest.first(static_cast<std::size_t>(next - rest.begin()));
    if (auto added = AddToBlock(database, *block, of_block); !added) return added;
    rest = rest.subspan(of_block.size());
  }
  return database.Execute("DELETE FROM client_counts_journal");
}

}  // namespace balancer::repository
