#include "internal/repository/sqlite/database.hpp"

#include <chrono>
#include <utility>

namespace balancer::repository {
namespace {

using model::Error;
using model::ErrorCode;
using model::Result;

constexpr int kBusyTimeoutMs = 2000;
constexpr int kBusyAgainMs = 5;

// Result codes after which the same call may go well later.
bool MayPass(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_FULL:
    case SQLITE_INTERRUPT:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY:
    case SQLITE_SCHEMA:
      return true;
    default:
      return false;
  }
}

// Writing fails while reading goes on.
bool RefusesToWrite(int code) {
  return (code & 0xFF) == SQLITE_FULL || (code & 0xFF) == SQLITE_READONLY;
}

}  // namespace

SqliteDatabase::SqliteDatabase(std::shared_ptr<SqliteFile> file, Mode mode)
    : file_(std::move(file)), mode_(mode) {}

SqliteDatabase::~SqliteDatabase() {
  Close();
}

void SqliteDatabase::Close() {
  statements_.clear();
  sqlite3_close(handle_);
  handle_ = nullptr;
  broken_ = false;
}

bool SqliteDatabase::Usable() const {
  if (handle_ == nullptr || broken_) return false;
  int moved = 0;  // the file was deleted, or another one was put in its place
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved == 0;
}

Result<void> SqliteDatabase::Open() {
  if (Usable()) return {};
  Close();
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
                    (mode_ == Mode::create ? SQLITE_OPEN_CREATE : 0);
  if (const int code = sqlite3_open_v2(file_->path.c_str(), &handle_, flags, nullptr);
      code != SQLITE_OK) {
    return tl::unexpected(Failed(code));
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  return mode_ == Mode::create ? EnterWal() : Result<void>{};
}

// Where another connection does the same at once, SQLite does not wait but says that it is busy.
Result<void> SqliteDatabase::EnterWal() {
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
  while (true) {
    const int code = sqlite3_exec(handle_, "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    if ((code & 0xFF) != SQLITE_BUSY || steady_clock::now() >= deadline) {
      return tl::unexpected(Failed(code));
    }
    sqlite3_sleep(kBusyAgainMs);
  }
}

Result<void> SqliteDatabase::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(Failed(code));
  return {};
}

Result<SqliteStatement> SqliteDatabase::Prepare(const char* sql) {
  auto& kept = statements_[sql];
  if (kept == nullptr) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return tl::unexpected(Failed(code));
    kept.reset(statement);
  }
  return SqliteStatement(*this, kept.get());
}

Error SqliteDatabase::Damaged(std::string_view what) {
  file_->log.Refused(std::string(what) + " is damaged");
  return {ErrorCode::storage_failed, "what the database has is damaged"};
}

Error SqliteDatabase::Failed(int code) {
  const char* words = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
  if ((code & 0xFF) == SQLITE_CONSTRAINT) {
    file_->log.Refused(words);
    return {ErrorCode::storage_failed, "the database refused the value"};
  }
  broken_ = true;
  if (MayPass(code)) {
    // Told as an outage it would end with the next reading, and begin again with the next writing.
    RefusesToWrite(code) ? file_->log.Refused(words) : file_->log.Down(words);
    return {ErrorCode::storage_unavailable, "the database file cannot be used now"};
  }
  file_->log.Refused(words);
  return {ErrorCode::storage_failed, "the database answered with an error"};
}

SqliteStatement& SqliteStatement::Bind(std::string_view value) {
  sqlite3_bind_text(statement_.get(), ++bound_, value.data(), static_cast<int>(value.size()),
                    SQLITE_STATIC);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

SqliteStatement& SqliteStatement::Bind(double value) {
  sqlite3_bind_double(statement_.get(), ++bound_, value);
  return *this;
}

Result<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(database_->Failed(code));
}

std::int64_t SqliteStatement::Integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double SqliteStatement::Real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string SqliteStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

}  // namespace balancer::repository
