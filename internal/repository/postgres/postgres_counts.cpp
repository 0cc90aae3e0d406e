#include "internal/repository/postgres/postgres_counts.hpp"

#include <algorithm>
#include <string_view>

namespace balancer::repository {
namespace {

using service::CountBatch;

// An array as PostgreSQL reads it (manual, 8.15.2).
class ArrayText {
 public:
  void Add(std::uint64_t number) { Next() += std::to_string(number); }
  void Add(std::string_view text) {
    Next() += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }
  std::string Finish() && { return std::move(text_ += '}'); }

 private:
  std::string& Next() {
    if (text_.size() > 1) text_ += ',';
    return text_;
  }

  std::string text_ = "{";
};

// Rows are locked in the order of their client_ids, so that two balancers never wait for each
// other.
void AddClients(pqxx::work& transaction, const CountBatch& batch) {
  if (batch.clients.empty()) return;
  std::vector<const decltype(batch.clients)::value_type*> sorted;
  for (const auto& client : batch.clients) sorted.push_back(&client);
  std::ranges::sort(sorted, {}, [](const auto* client) { return std::string_view(client->first); });
  ArrayText client_ids, allowed, refused;
  for (const auto* client : sorted) {
    client_ids.Add(client->first);
    allowed.Add(client->second.allowed);
    refused.Add(client->second.refused);
  }
  transaction.exec_prepared("add client counts", std::move(client_ids).Finish(),
                            std::move(allowed).Finish(), std::move(refused).Finish());
}

}  // namespace

void PrepareCounts(pqxx::connection& connection) {
  connection.prepare("begin batch",
                     "INSERT INTO count_writers (writer, batch) VALUES ($1, $2::bigint) "
                     "ON CONFLICT (writer) DO UPDATE SET batch = excluded.batch, "
                     "written_at = excluded.written_at WHERE count_writers.batch < excluded.batch");
  // Those that can have no batch under way any more.
  connection.prepare("forget writers",
                     "DELETE FROM count_writers WHERE written_at < now() - interval '30 days'");
  connection.prepare("add client counts",
                     "INSERT INTO client_counts (client_id, allowed, refused) "
                     "SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[]) "
                     "ON CONFLICT (client_id) DO UPDATE SET "
                     "allowed = client_counts.allowed + excluded.allowed, "
                     "refused = client_counts.refused + excluded.refused, "
                     "last_seen = excluded.last_seen");
  connection.prepare(
      "add requests",
      "INSERT INTO request_counts (id, count) VALUES (1, $1::bigint) "
      "ON CONFLICT (id) DO UPDATE SET count = request_counts.count + excluded.count");
  connection.prepare(
      "get requests",
      "SELECT count, to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
      "coalesce((SELECT batch FROM count_writers WHERE writer = $1), 0) FROM request_counts");
  connection.prepare("get client counts",
                     "SELECT client_id, allowed, refused, "
                     "coalesce((SELECT batch FROM count_writers WHERE writer = $1), 0) "
                     "FROM (SELECT) AS always LEFT JOIN client_counts ON client_id = $2");
}

void AddCounts(pqxx::connection& connection, const CountBatch& batch) {
  pqxx::work transaction(connection);
  const auto begun = transaction.exec_prepared("begin batch", batch.writer, batch.number);
  if (begun.affected_rows() == 0) return;  // added before
  if (batch.number == 1) transaction.exec_prepared("forget writers");
  AddClients(transaction, batch);
  // Last, since this is the row that all balancers wait for.
  transaction.exec_prepared("add requests", batch.requests);
  transaction.commit();
}

service::KeptRequests GetRequestCount(pqxx::connection& connection, const std::string& writer) {
  pqxx::nontransaction statement_alone(connection);
  const pqxx::row row = statement_alone.exec_prepared1("get requests", writer);
  return {{row[0].as<std::uint64_t>(), row[1].as<std::string>()}, row[2].as<std::int64_t>()};
}

service::KeptClient GetClientCounts(pqxx::connection& connection, const std::string& writer,
                                    const std::string& client_id) {
  pqxx::nontransaction statement_alone(connection);
  const pqxx::row row = statement_alone.exec_prepared1("get client counts", writer, client_id);
  service::KeptClient kept;
  kept.last_batch = row[3].as<std::int64_t>();
  if (!row[0].is_null()) {
    kept.counts = {row[1].as<std::uint64_t>(), row[2].as<std::uint64_t>()};
  }
  return kept;
}

}  // namespace balancer::repository
