#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "internal/config/settings.hpp"

// Reads the configuration file. Every mistake in it is found in one go.
namespace balancer::config {

// One mistake.
struct Problem {
  int line = 0;         // from 1; 0 = the file as a whole
  std::string key;      // its path, "backend_list[0].weight"; "" = the file as a whole
  std::string message;  // to be read after the key: "must be a whole number from 1 to 1000"
};

using Problems = std::vector<Problem>;

// The settings, or all the problems there are, by line; then nothing may be started.
using LoadResult = tl::expected<Settings, Problems>;

// The value of an environment variable, or nothing where it is unset.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// That of this process. Reads getenv at each call: use it before threads that may call setenv.
Environment ProcessEnvironment();

// `${NAME}` and `${NAME:-default}` in values are replaced from `environment` (`$${` stands for a
// plain `${`); then PG_HOST, PG_PORT, PG_DATABASE_NAME, PG_USER, PG_PASSWORD, PG_SSLMODE (where
// there is a `db` section) and BALANCER_ADMIN_TOKEN replace what the file says, if not empty.
// Throws nothing but bad_alloc.
LoadResult LoadFile(const std::string& path, const Environment& environment);
LoadResult LoadText(const std::string& text, const Environment& environment);

// "config/config.yaml:12: backend_list[0].weight: must be …", one line without its end.
std::string Format(const Problem& problem, std::string_view file);

// Every problem formatted, one a line, each line ended.
std::string Report(const Problems& problems, std::string_view file);

}  // namespace balancer::config
