#pragma once

#include <string>

#include "internal/model/error.hpp"
#include "internal/repository/sqlite/database.hpp"
#include "internal/service/interfaces/counts_storage.hpp"

// The tables of counts in a SQLite file: what SqliteStore does on its connection.
// REQUIRES: the database is open.
namespace balancer::repository {

// After a failure the connection must be closed: it may be in the middle of a transaction.
model::Result<void> AddCounts(SqliteDatabase& database, const service::CountBatch& batch);
model::Result<service::KeptRequests> GetRequestCount(SqliteDatabase& database,
                                                     const std::string& writer);
model::Result<service::KeptClient> GetClientCounts(SqliteDatabase& database,
                                                   const std::string& writer,
                                                   const std::string& client_id);

}  // namespace balancer::repository
