#include "internal/repository/sqlite/sqlite_migrations.hpp"

namespace balancer::repository {
namespace {

using model::Result;

// As goose makes it, with its first row.
constexpr const char* kCreateHistory =
    "CREATE TABLE IF NOT EXISTS goose_db_version ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " version_id INTEGER NOT NULL,"
    " is_applied INTEGER NOT NULL,"
    " tstamp TIMESTAMP DEFAULT (datetime('now')));"
    "INSERT INTO goose_db_version (version_id, is_applied)"
    " SELECT 0, true WHERE NOT EXISTS (SELECT 1 FROM goose_db_version)";

class Transaction : public MigrationTransaction {
 public:
  explicit Transaction(SqliteDatabase& database) : database_(database) {}

  Result<std::vector<HistoryRow>> History() override {
    std::vector<HistoryRow> history;
    auto table = database_.Prepare("SELECT 1 FROM sqlite_schema WHERE name = 'goose_db_version'");
    if (!table) return tl::unexpected(std::move(table.error()));
    const auto there = table->Step();
    if (!there) return tl::unexpected(there.error());
    if (!*there) return history;
    auto rows = database_.Prepare(
        "SELECT version_id, is_applied, tstamp FROM goose_db_version ORDER BY id");
    if (!rows) return tl::unexpected(std::move(rows.error()));
    while (true) {
      const auto row = rows->Step();
      if (!row) return tl::unexpected(row.error());
      if (!*row) return history;
      history.push_back({rows->Integer(0), rows->Integer(1) != 0, rows->Text(2)});
    }
  }

  Result<void> CreateHistory() override { return database_.Execute(kCreateHistory); }

  Result<void> Execute(const std::string& sql) override { return database_.Execute(sql); }

 private:
  SqliteDatabase& database_;
};

}  // namespace

SqliteMigrations::SqliteMigrations(std::shared_ptr<SqliteFile> file)
    : database_(std::move(file), SqliteDatabase::Mode::create) {}

Result<void> SqliteMigrations::Transact(bool exclusive, const Step& step) {
  auto result =
      database_.Open()
          .and_then([&] { return database_.Execute(exclusive ? "BEGIN IMMEDIATE" : "BEGIN"); })
          .and_then([&] {
            Transaction transaction(database_);
            return step(transaction);
          })
          .and_then([&] { return database_.Execute("COMMIT"); });
  database_.Close();  // rolls back what was not committed
  return result;
}

}  // namespace balancer::repository
