#pragma once

#include <cstdint>
#include <string>

#include "tests/e2e/support/temp_dir.hpp"

namespace balancer::e2e {

// A real PostgreSQL of this test program's own, by scripts/postgres.sh. One for all of its tests,
// each with a database of its own: a cluster takes seconds to make. Main thread only.
class Postgres {
 public:
  // Started at the first call, and again where a test has left it stopped; removed at exit.
  static Postgres& Running();

  ~Postgres();
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  std::string host() const { return "127.0.0.1"; }
  std::uint16_t port() const { return port_; }
  std::string user() const { return "admin"; }

  // Stops it as an administrator would; data stays.
  void Stop();
  void Start();

  // A new, empty database; its name.
  std::string CreateDatabase();
  // Runs SQL; what it prints, fields apart by '|', one line a row. Throws when it fails.
  std::string Sql(const std::string& database, const std::string& sql) const;

 private:
  Postgres() { Start(); }
  std::string Script(const std::string& verb, std::initializer_list<std::string> more = {}) const;

  TempDir dir_;
  std::uint16_t port_ = 0;
  bool running_ = false;
  int databases_ = 0;
};

}  // namespace balancer::e2e
