#include "test-backend/make_users.hpp"

#include <pqxx/pqxx>
#include <string_view>

#include "test-backend/users_migration.hpp"

namespace test_backend {
namespace {

constexpr std::string_view kDown = "-- +goose Down";

// The ids look like random ones (version 4), and are the same on every machine.
constexpr const char* kInsert =
    "INSERT INTO users "
    "SELECT overlay(overlay(md5('user' || n) placing '4' from 13) placing 'a' from 17)::uuid,"
    " 'user' || n || '@example.com', 'User ' || n, 18 + n * 7 % 60,"
    " (ARRAY['DE', 'US', 'FR', 'GB', 'IN', 'JP', 'BR'])[1 + n % 7], n % 10 <> 0,"
    " timestamptz '2026-01-31 08:00:00Z' + (n - 1) * interval '1 second' "
    "FROM generate_series(1, $1::bigint) AS n ON CONFLICT DO NOTHING";

}  // namespace

tl::expected<std::int64_t, std::string> MakeUsers(const std::string& dsn, std::int64_t rows) {
  try {
    pqxx::connection connection(dsn);
    std::int64_t made = 0;
    {
      pqxx::work work(connection);
      work.exec("SET LOCAL client_min_messages = warning");  // not that the table is there already
      work.exec(std::string(kUsersMigration.substr(0, kUsersMigration.find(kDown))));
      made = static_cast<std::int64_t>(work.exec_params(kInsert, rows).affected_rows());
      work.commit();
    }
    // So that the first readers neither lack statistics nor mark the rows as visible.
    pqxx::nontransaction(connection).exec("VACUUM (ANALYZE) users");
    return made;
  } catch (const std::exception& e) {
    return tl::unexpected<std::string>(e.what());
  }
}

}  // namespace test_backend
