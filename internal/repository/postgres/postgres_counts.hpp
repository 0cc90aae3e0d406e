#pragma once

#include <string>

#include <pqxx/pqxx>

#include "internal/service/interfaces/counts_storage.hpp"

// The tables of counts in PostgreSQL: what PostgresStore does on its connection. pqxx's exceptions
// pass through.
namespace balancer::repository {

void PrepareCounts(pqxx::connection& connection);

void AddCounts(pqxx::connection& connection, const service::CountBatch& batch);
service::KeptRequests GetRequestCount(pqxx::connection& connection, const std::string& writer);
service::KeptClient GetClientCounts(pqxx::connection& connection, const std::string& writer,
                                    const std::string& client_id);

}  // namespace balancer::repository
