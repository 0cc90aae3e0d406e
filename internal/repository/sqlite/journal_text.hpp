#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "internal/model/error.hpp"
#include "internal/model/request_counts.hpp"
#include "internal/service/interfaces/counts_storage.hpp"

// The counts of a batch's clients as client_counts_journal has them: a JSON object in the one form
// that JournalText writes, {"client_id":[allowed,refused],…} with a line for each client. Of what
// JSON escapes a client_id can contain the quote and the backslash only.
namespace balancer::repository {

// Fails with storage_failed when there is a client_id for which CheckClientId does not hold.
model::Result<std::string> JournalText(const service::CountBatch& batch);

// A client_id as it stands in the text. Equal when, and only when, the client_ids are.
std::string Escaped(std::string_view client_id);
std::string Unescaped(std::string_view escaped);

struct JournalEntry {
  std::string_view escaped;  // the client_id, in the text
  model::ClientCounts counts;
};

// The entry at the front of `rest`, which is moved past it. nullopt: there is none, and `rest` is
// "}" if it is a text's end.
std::optional<JournalEntry> NextEntry(std::string_view& rest);

// The entry of a client; nullopt: it has none.
std::optional<JournalEntry> FindEntry(std::string_view text, std::string_view escaped);

}  // namespace balancer::repository
