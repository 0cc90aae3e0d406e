#include "internal/config/section.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "internal/config/near_word.hpp"

namespace balancer::config {

bool Section::Has(std::string_view key) {
  return Ask(key) != nullptr;
}

bool Section::HasValue(std::string_view key) {
  const auto* entry = Ask(key);
  return entry && entry->value.kind != YamlNode::Kind::null;
}

void Section::Inside(std::string_view key, const ReadSection& read) {
  static const YamlNode kEmpty;
  const auto* entry = Ask(key);
  ReadMapping(entry ? entry->value : kEmpty, entry ? entry->line : line_, PathOf(key), read);
}

bool Section::ForEach(std::string_view key, const ReadSection& read) {
  const auto* entry = Ask(key);
  if (!entry || entry->value.kind == YamlNode::Kind::null) return false;
  if (entry->value.kind != YamlNode::Kind::sequence) {
    Fail(key, "must be a list");
    return true;
  }
  std::size_t index = 0;
  for (const YamlNode& item : entry->value.items) {
    ReadMapping(item, item.line, fmt::format("{}[{}]", PathOf(key), index++), read);
  }
  return index > 0;
}

void Section::Fail(std::string_view key, std::string message) {
  const auto* entry = Find(key);
  problems_.push_back({entry ? entry->line : line_, PathOf(key), std::move(message)});
}

void Section::RejectUnknown() {
  for (const auto& entry : node_->entries) {
    if (std::ranges::find(known_, entry.key) != known_.end()) continue;
    std::string message = "is not a known key";
    if (const auto near = NearWord(entry.key, known_)) {
      message += fmt::format("; did you mean '{}'?", *near);
    }
    Fail(entry.key, message);
  }
}

const YamlNode::Entry* Section::Find(std::string_view key) const {
  const auto found = std::ranges::find(node_->entries, key, &YamlNode::Entry::key);
  return found == node_->entries.end() ? nullptr : &*found;
}

const YamlNode::Entry* Section::Ask(std::string_view key) {
  known_.emplace_back(key);
  return Find(key);
}

Section::Scalar Section::FindScalar(std::string_view key, const char* variable) {
  const auto* entry = Ask(key);
  const auto value = *variable ? environment_(variable) : std::nullopt;
  if (value && !value->empty()) {
    return {true, entry ? entry->line : line_, PathOf(key), *value, variable};
  }
  return entry ? ToScalar(entry->value, entry->line, PathOf(key)) : Scalar{};
}

bool Section::FindScalars(std::string_view key, std::vector<Scalar>& scalars) {
  const auto* entry = Ask(key);
  if (!entry || entry->value.kind == YamlNode::Kind::null) return false;
  if (entry->value.kind != YamlNode::Kind::sequence) {
    Fail(key, "must be a list");
    return false;
  }
  for (const YamlNode& item : entry->value.items) {
    const std::string path = fmt::format("{}[{}]", PathOf(key), scalars.size());
    if (item.kind == YamlNode::Kind::null) problems_.push_back({item.line, path, "is empty"});
    scalars.push_back(ToScalar(item, item.line, path));
  }
  return true;
}

Section::Scalar Section::ToScalar(const YamlNode& node, int line, std::string path) {
  if (node.kind == YamlNode::Kind::null) return {};
  if (node.kind != YamlNode::Kind::scalar) {
    const char* what = node.kind == YamlNode::Kind::sequence ? "a list" : "a mapping";
    problems_.push_back({line, path, fmt::format("must be a single value, not {}", what)});
    return {};
  }
  const auto expanded = Expand(node.text, environment_);
  if (!expanded) {
    problems_.push_back({line, path, expanded.error()});
    return {};
  }
  return {true, line, std::move(path), expanded->text, expanded->variable};
}

void Section::ReadMapping(const YamlNode& node, int line, std::string path,
                          const ReadSection& read) {
  if (node.kind != YamlNode::Kind::mapping && node.kind != YamlNode::Kind::null) {
    problems_.push_back({line, path, "must be a mapping of keys to values"});
    return;
  }
  Section section(&node, line, std::move(path), environment_, problems_);
  read(section);
  section.RejectUnknown();
}

std::string Section::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Section::FailScalar(const Scalar& scalar, const std::string& message) {
  std::string whole = message;
  if (!scalar.variable.empty()) {
    whole += fmt::format(" (the value comes from {} in the environment)", scalar.variable);
  }
  problems_.push_back({scalar.line, scalar.key, std::move(whole)});
}

}  // namespace balancer::config
