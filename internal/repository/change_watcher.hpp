#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "internal/model/error.hpp"

namespace balancer::repository {

// Sees changes of limits and settings in one database, whoever makes them, on a connection of its
// own.
//
// One thread at a time, but for Interrupt.
class ChangeWatcher {
 public:
  // Whom to tell.
  struct Listener {
    // This client's limits; an empty client_id means that any may have changed.
    std::function<void(const std::string& client_id)> limits;
    std::function<void()> settings;
  };

  virtual ~ChangeWatcher() = default;

  // Connects, migrates or checks that there is nothing to migrate, and begins to watch: a change
  // made after it returned is not missed while calls succeed. After any failure it must be called
  // again. Errors as Migrator's; storage_unavailable when migrations are missing and are not to be
  // applied.
  virtual model::Result<void> Open() = 0;

  // Whether the store answers.
  virtual model::Result<void> Ping() = 0;

  // Tells what has changed since it was last called or Open was. Does not wait.
  virtual model::Result<void> Collect(const Listener& listener) = 0;

  // A descriptor that is readable when there may be something to collect; -1: there is none, and
  // Collect is to be called every period().
  virtual int descriptor() const = 0;
  virtual std::chrono::milliseconds period() const = 0;

  // From any thread: what waits for the store's answer, on this connection and on those that belong
  // with it, fails soon. For shutdown.
  virtual void Interrupt() = 0;
};

// What a watcher's Open does about missing migrations: applies them, or fails with
// storage_unavailable and says in the log what to do.
class Migrator;
class OutageLog;
model::Result<void> BringUpToDate(Migrator& migrator, bool auto_migrate, OutageLog& log);

}  // namespace balancer::repository
