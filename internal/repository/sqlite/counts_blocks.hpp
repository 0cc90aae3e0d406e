#pragma once

#include "internal/model/error.hpp"
#include "internal/repository/sqlite/database.hpp"

namespace balancer::repository {

// Adds what is in client_counts_journal to client_counts_blocks, and empties it. All of the journal
// is in memory meanwhile. Fails with storage_failed when one of the two is damaged.
// REQUIRES: a transaction has begun.
model::Result<void> EmptyCountsJournal(SqliteDatabase& database);

}  // namespace balancer::repository
