#include "tests/e2e/support/postgres.hpp"

#include <stdexcept>
#include <vector>

#include "tests/e2e/support/process.hpp"

namespace balancer::e2e {

Postgres& Postgres::Running() {
  static Postgres server;
  if (!server.running_) server.Start();
  return server;
}

Postgres::~Postgres() {
  try {
    Script("remove");
  } catch (const std::runtime_error&) {
    // At exit nobody is left to tell.
  }
}

void Postgres::Start() {
  Script("start");
  port_ = static_cast<std::uint16_t>(std::stoi(ReadFile(dir_.path() / "port")));
  running_ = true;
}

void Postgres::Stop() {
  Script("stop");
  running_ = false;
}

std::string Postgres::CreateDatabase() {
  const std::string name = "e2e_" + std::to_string(++databases_);
  Sql("clients_db", "CREATE DATABASE " + name);
  return name;
}

std::string Postgres::Sql(const std::string& database, const std::string& sql) const {
  std::string out =
      Script("psql", {"-d", database, "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", sql});
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

std::string Postgres::Script(const std::string& verb,
                             std::initializer_list<std::string> more) const {
  std::vector<std::string> command{POSTGRES_SCRIPT, verb, dir_.path().string()};
  command.insert(command.end(), more);
  const auto [exit_code, output] = Run(std::move(command), {}, 120s);
  if (exit_code != 0) throw std::runtime_error("postgres.sh " + verb + ": " + output);
  return output;
}

}  // namespace balancer::e2e
