#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cmd/balancer/app.hpp"
#include "cmd/balancer/log.hpp"
#include "cmd/balancer/migrate.hpp"
#include "internal/config/load.hpp"
#include "version.hpp"

namespace {

// The settings, or nothing after every problem with them has been printed.
std::optional<balancer::config::Settings> Load(const std::string& path) {
  auto loaded = balancer::config::LoadFile(path, balancer::config::ProcessEnvironment());
  if (loaded) return std::move(*loaded);
  fmt::print(stderr, "{}", balancer::config::Report(loaded.error(), path));
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App cli("A reverse-proxy load balancer with per-client rate limits.", "balancer");
  cli.set_version_flag("--version", fmt::format("balancer {}", balancer::kVersion));
  cli.require_subcommand(0, 1);

  std::string config_path = "config/config.yaml";
  cli.add_option("-c,--config,--config-path", config_path, "the configuration file")
      ->capture_default_str();

  std::string checked_path;
  CLI::App* check = cli.add_subcommand("check", "check a configuration file");
  check->add_option("FILE", checked_path, "the file")->required();

  CLI::App* migrate = cli.add_subcommand("migrate", "bring the database's schema up to date");
  migrate->fallthrough();  // --config-path may also come after the action
  migrate->require_subcommand(1);
  for (const auto& [action, help] : {std::pair{"up", "apply the missing migrations"},
                                     std::pair{"down", "take back the newest migration"},
                                     std::pair{"status", "list all migrations"}}) {
    migrate->add_subcommand(action, help)->fallthrough();
  }
  CLI11_PARSE(cli, argc, argv);

  const auto settings = Load(check->parsed() ? checked_path : config_path);
  if (!settings) return 1;
  if (check->parsed()) {
    fmt::print("{}: no problems found\n", checked_path);
    return 0;
  }
  balancer::SetUpLog(settings->log);
  if (migrate->parsed()) {
    return balancer::Migrate(*settings, migrate->get_subcommands().front()->get_name());
  }
  return balancer::Run(*settings);
}
