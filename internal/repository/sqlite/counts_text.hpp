#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "internal/model/error.hpp"
#include "internal/model/request_counts.hpp"
#include "internal/service/interfaces/counts_storage.hpp"

// The counts of many clients as one text of the database: a JSON object without blanks, as SQLite's
// own functions write it: {"client_id":[allowed,refused,last_seen],…}, in a journal's batch without
// last_seen. Of what JSON escapes a client_id can contain the quote and the backslash only.
namespace balancer::repository {

// What such a text is called where it is damaged.
inline constexpr std::string_view kCountsText = "a text of clients' counts";

// A member of the object. Both are views into the text.
struct CountsEntry {
  std::string_view escaped;  // the client_id as it stands there; equal when the client_ids are
  std::string_view text;     // all of it: "client_id":[…]
};

struct EntryCounts {
  model::ClientCounts counts;
  std::int64_t last_seen = 0;  // seconds since 1970; 0: the text does not say

  EntryCounts& operator+=(const EntryCounts& other) {
    counts += other.counts;
    last_seen = std::max(last_seen, other.last_seen);
    return *this;
  }
};

std::string Escaped(std::string_view client_id);

// Add an entry to a text, which the first one begins. EndCounts ends it.
void AppendEntry(std::string& text, std::string_view entry);
void AppendEntry(std::string& text, std::string_view escaped, const EntryCounts& counts);
void EndCounts(std::string& text);

// A whole text. Fails with storage_failed when there is a client_id for which CheckClientId does
// not hold.
model::Result<std::string> CountsText(const service::CountBatch& batch);

// The entry at the front of `rest`, which is moved past it. nullopt: there is none, and
// IsEndOfCounts(rest) if it is a text's end.
std::optional<CountsEntry> NextEntry(std::string_view& rest);
bool IsEndOfCounts(std::string_view rest);

// nullopt: they are none.
std::optional<EntryCounts> CountsOf(const CountsEntry& entry);

// The entry of a client; nullopt: it has none.
std::optional<CountsEntry> FindEntry(std::string_view text, std::string_view escaped);

}  // namespace balancer::repository
