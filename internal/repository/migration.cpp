#include "internal/repository/migration.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;

constexpr std::string_view kBlanks = " \t\r";

std::string_view Trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The annotation that a line carries ("Up"), or nothing.
std::string_view Annotation(std::string_view line) {
  line = Trim(line);
  if (!line.starts_with("--")) return {};
  line = Trim(line.substr(2));
  constexpr std::string_view kMark = "+goose ";
  return line.starts_with(kMark) ? Trim(line.substr(kMark.size())) : std::string_view{};
}

Result<Migration> Parse(const MigrationFile& file) {
  const auto fail = [&](std::string_view why) {
    return Fail(ErrorCode::config_invalid, std::string(file.name) + ": " + std::string(why));
  };
  Migration migration;
  migration.name = file.name;
  const auto number =
      std::from_chars(file.name.data(), file.name.data() + file.name.size(), migration.version);
  if (number.ec != std::errc{} || migration.version < 1 || !file.name.ends_with(".sql") ||
      *number.ptr != '_') {
    return fail("a migration is named NUMBER_TITLE.sql");
  }

  std::string* part = nullptr;
  std::string_view rest = file.text;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end);
    const std::string_view annotation = Annotation(line.substr(0, line.find('\n')));
    if (annotation == "Up") {
      part = &migration.up;
    } else if (annotation == "Down") {
      part = &migration.down;
    } else if (annotation.empty()) {
      if (part != nullptr) part->append(line);
    } else if (annotation != "StatementBegin" && annotation != "StatementEnd") {
      return fail("unknown annotation \"" + std::string(annotation) + "\"");
    }
  }
  if (migration.up.empty()) return fail("there is no \"-- +goose Up\" with statements after it");
  return migration;
}

}  // namespace

Result<std::vector<Migration>> ParseMigrations(const std::vector<MigrationFile>& files) {
  std::vector<Migration> migrations;
  for (const MigrationFile& file : files) {
    auto migration = Parse(file);
    if (!migration) return tl::unexpected(std::move(migration.error()));
    migrations.push_back(*std::move(migration));
  }
  std::ranges::sort(migrations, {}, &Migration::version);
  const auto twin = std::ranges::adjacent_find(migrations, {}, &Migration::version);
  if (twin != migrations.end()) {
    return Fail(ErrorCode::config_invalid, twin->name + ": its number is given twice");
  }
  return migrations;
}

}  // namespace balancer::repository
