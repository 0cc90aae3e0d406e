#include "internal/config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "internal/config/read_settings.hpp"
#include "internal/config/yaml_node.hpp"

namespace balancer::config {
namespace {

constexpr std::size_t kMaxFileBytes = 1024 * 1024;

// The file's bytes, or why there are none.
Parsed<std::string> ReadFile(const std::string& path) {
  const auto cannot = [](int error) {
    const char* hint =
        error == EISDIR ? " (docker makes one where the file to mount is missing)" : "";
    return tl::unexpected(fmt::format("cannot be read: {}{}", std::strerror(error), hint));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file) return cannot(errno);
  std::string text(kMaxFileBytes + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get())) return cannot(errno);
  if (text.size() > kMaxFileBytes) {
    return tl::unexpected<std::string>("is over 1 MiB long, too much for a configuration");
  }
  return text;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

LoadResult LoadText(const std::string& text, const Environment& environment) {
  Problems problems;
  Settings settings;
  if (const auto document = ParseYaml(text, problems)) {
    if (document->kind == YamlNode::Kind::null) {
      problems.push_back({0, "", "is empty; backend_list at least is needed"});
    } else if (document->kind != YamlNode::Kind::mapping) {
      problems.push_back({document->line, "", "must be a mapping of keys to values"});
    } else {
      Section root(*document, environment, problems);
      settings = ReadSettings(root);
    }
  }
  if (problems.empty()) return settings;
  // What is noticed at the end is placed by yaml-cpp behind it.
  const auto breaks = std::ranges::count(text, '\n');
  const int last_line = static_cast<int>(text.ends_with('\n') ? breaks : breaks + 1);
  for (Problem& problem : problems) problem.line = std::min(problem.line, last_line);
  std::ranges::stable_sort(problems, {}, &Problem::line);
  return tl::unexpected(std::move(problems));
}

LoadResult LoadFile(const std::string& path, const Environment& environment) {
  const auto text = ReadFile(path);
  if (!text) return tl::unexpected(Problems{{0, "", text.error()}});
  return LoadText(*text, environment);
}

std::string Format(const Problem& problem, std::string_view file) {
  std::string line(file);
  if (problem.line > 0) line += fmt::format(":{}", problem.line);
  line += ": ";
  if (!problem.key.empty()) line += problem.key + ": ";
  line += problem.message;
  // Keys are the user's text, which may hold anything; a problem is one line all the same.
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  return line;
}

std::string Report(const Problems& problems, std::string_view file) {
  std::string report;
  for (const Problem& problem : problems) report += Format(problem, file) + "\n";
  return report;
}

}  // namespace balancer::config
