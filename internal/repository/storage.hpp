#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "internal/model/error.hpp"
#include "internal/repository/migrator.hpp"
#include "internal/service/interfaces/counts_storage.hpp"
#include "internal/service/interfaces/limits_storage.hpp"
#include "internal/service/interfaces/settings_storage.hpp"

// What the program needs of this module: a store of limits, settings and counts, and a migrator for
// `balancer migrate`.
namespace balancer::repository {

struct PostgresOptions {
  std::string host = "localhost";  // a name, an address, or the directory of a unix socket
  std::uint16_t port = 5432;
  std::string name = "clients_db";
  std::string user = "admin";
  std::string password;
  std::string sslmode = "disable";
  int pool_size = 4;         // connections for calls; one more watches for changes
  bool auto_migrate = true;  // apply missing migrations, else wait until someone does
};

struct SqliteOptions {
  std::string path = "balancer.db";
  bool auto_migrate = true;
};

// Storage with its threads. Between the program's start and its end it may be available or not: it
// connects, migrates and comes back by itself, and calls fail at once with storage_unavailable
// while it cannot be reached or has not been migrated.
class Storage : public service::LimitsStorage,
                public service::SettingsStorage,
                public service::CountsStorage {
 public:
  // Who hears of changes from now on; nullptr: nobody. When it returns, the listener set before is
  // called no more. OnChangesMissed is called whenever the connection is made.
  virtual void SetListener(service::LimitsListener* listener) = 0;
  // The same for settings.
  virtual void SetSettingsListener(service::SettingsListener* listener) = 0;

  // Completes everything that waits with storage_unavailable, breaks off what PostgreSQL has not
  // answered yet, and ends the threads: when it returns, no `done` and no listener is called any
  // more. Takes at most 2 s when the database hangs. A call made after it is completed inside the
  // call.
  virtual void Stop() = 0;
};

// Starts the threads and waits up to 3 s for the first connection. A database that is away is no
// error. Fails with config_invalid when the database answers and is newer than this program: the
// detail is a sentence for whoever started it. (Found out later, it is logged, and storage stays
// unavailable.)
model::Result<std::unique_ptr<Storage>> OpenStorage(const PostgresOptions& options);
model::Result<std::unique_ptr<Storage>> OpenStorage(const SqliteOptions& options);

// Connects when it is first asked for something. Ignores auto_migrate and pool_size.
std::unique_ptr<Migrator> OpenMigrator(const PostgresOptions& options);
std::unique_ptr<Migrator> OpenMigrator(const SqliteOptions& options);

}  // namespace balancer::repository
