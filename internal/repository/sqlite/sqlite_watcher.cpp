#include "internal/repository/sqlite/sqlite_watcher.hpp"

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;

constexpr const char* kLastSeq = "SELECT coalesce(max(seq), 0) FROM clients_limits_changes";
constexpr const char* kRevision = "SELECT revision FROM settings_revision";
constexpr const char* kDataVersion = "PRAGMA data_version";

}  // namespace

SqliteWatcher::SqliteWatcher(std::shared_ptr<SqliteFile> file, std::unique_ptr<Migrator> migrator,
                             bool auto_migrate)
    : file_(file),
      migrator_(std::move(migrator)),
      auto_migrate_(auto_migrate),
      database_(std::move(file), SqliteDatabase::Mode::existing) {}

Result<std::int64_t> SqliteWatcher::Number(const char* sql) {
  auto query = database_.Prepare(sql);
  if (!query) return tl::unexpected(std::move(query.error()));
  const auto row = query->Step();
  if (!row) return tl::unexpected(row.error());
  return *row ? query->Integer(0) : 0;
}

Result<void> SqliteWatcher::Open() {
  database_.Close();
  if (auto ready = BringUpToDate(*migrator_, auto_migrate_, file_->log); !ready) return ready;
  if (auto open = database_.Open(); !open) return open;
  // In this order: a change made in between makes the next Collect look, and find nothing new.
  const auto version = Number(kDataVersion);
  if (!version) return tl::unexpected(version.error());
  const auto last = Number(kLastSeq);
  if (!last) return tl::unexpected(last.error());
  const auto revision = Number(kRevision);
  if (!revision) return tl::unexpected(revision.error());
  data_version_ = *version;
  last_seq_ = *last;
  revision_ = *revision;
  return Ping();
}

Result<void> SqliteWatcher::Ping() {
  if (!database_.Usable()) return Fail(ErrorCode::storage_unavailable, "the database file is gone");
  return Number("SELECT count(*) FROM (SELECT 1 FROM clients_limits LIMIT 1)").map([](auto) {});
}

Result<void> SqliteWatcher::Collect(const Listener& listener) {
  const auto version = Number(kDataVersion);
  if (!version) return tl::unexpected(version.error());
  if (*version == data_version_) return {};
  const auto last = Number(kLastSeq);
  if (!last) return tl::unexpected(last.error());
  if (*last < last_seq_) {  // the log was begun anew
    last_seq_ = *last;
    listener.limits("");
  }

  auto changes = database_.Prepare(
      "SELECT seq, client_id FROM clients_limits_changes WHERE seq > ? ORDER BY seq");
  if (!changes) return tl::unexpected(std::move(changes.error()));
  changes->Bind(last_seq_);
  while (true) {
    const auto row = changes->Step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) break;
    const std::int64_t seq = changes->Integer(0);
    const bool gap = seq != last_seq_ + 1;  // trimmed before we came to read it
    last_seq_ = seq;
    listener.limits(gap ? "" : changes->Text(1));
  }
  const auto revision = Number(kRevision);
  if (!revision) return tl::unexpected(revision.error());
  if (std::exchange(revision_, *revision) != *revision) listener.settings();
  data_version_ = *version;
  return {};
}

}  // namespace balancer::repository
