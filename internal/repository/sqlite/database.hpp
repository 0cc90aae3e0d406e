#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

#include "internal/model/error.hpp"
#include "internal/repository/outage_log.hpp"

namespace balancer::repository {

// What the connections to one file share.
struct SqliteFile {
  explicit SqliteFile(std::string path_in)
      : path(std::move(path_in)), log("the database file " + path) {}

  const std::string path;
  OutageLog log;
};

class SqliteStatement;

// One connection to a SQLite file. After an error other than a constraint's it is
// given up and the next Open makes a new one, so that it recovers when the disk, the file or its
// permissions do. A lock held by others is waited for, 2 s.
//
// One thread at a time.
class SqliteDatabase {
 public:
  enum class Mode {
    existing,
    create,  // makes the file when there is none, and puts it into WAL mode, in which it stays
  };

  SqliteDatabase(std::shared_ptr<SqliteFile> file, Mode mode);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  // Opens the file, unless it is open, nothing failed, and it is still the one at its path.
  model::Result<void> Open();
  // Whether Open would have nothing to do.
  bool Usable() const;
  void Close();

  // REQUIRES, for all that follow: the last Open succeeded.

  // One or more statements without results.
  model::Result<void> Execute(const std::string& sql);
  // A statement to bind and run. Kept from one time to the next; `sql` is a literal.
  model::Result<SqliteStatement> Prepare(const char* sql);
  // A statement to its end, with values for its `?`s; whether it had a row.
  template <typename... Values>
  model::Result<bool> Run(const char* sql, const Values&... values);

  // The error for what is in the file and should not be, logged. storage_failed.
  model::Error Damaged(std::string_view what);

 private:
  friend class SqliteStatement;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  model::Result<void> EnterWal();
  // The error for a result code, SQLite's words logged.
  model::Error Failed(int code);

  const std::shared_ptr<SqliteFile> file_;
  const Mode mode_;
  sqlite3* handle_ = nullptr;
  bool broken_ = false;
  std::map<std::string_view, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;  // by their text
};

// A statement being run; ready for the next run when this is destroyed.
// Lifetime: its database must outlive it, and not be closed before.
class SqliteStatement {
 public:
  SqliteStatement(SqliteDatabase& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  // Values in the order of the statement's `?`s. Text is not copied: it must outlive this.
  SqliteStatement& Bind(std::string_view value);
  SqliteStatement& Bind(std::int64_t value);
  SqliteStatement& Bind(double value);

  // To the next row; false when there is none.
  model::Result<bool> Step();

  // Of the row stepped to; columns are numbered from 0.
  std::int64_t Integer(int column) const;
  double Real(int column) const;
  std::string Text(int column) const;

 private:
  struct Reset {
    void operator()(sqlite3_stmt* statement) const {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  };

  SqliteDatabase* database_;
  std::unique_ptr<sqlite3_stmt, Reset> statement_;
  int bound_ = 0;
};

template <typename... Values>
model::Result<bool> SqliteDatabase::Run(const char* sql, const Values&... values) {
  auto statement = Prepare(sql);
  if (!statement) return tl::unexpected(std::move(statement.error()));
  (statement->Bind(values), ...);
  auto row = statement->Step();
  if (row && *row) {
    if (auto end = statement->Step(); !end) return end;
  }
  return row;
}

}  // namespace balancer::repository
