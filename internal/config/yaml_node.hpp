#pragma once

#include <optional>
#include <string>
#include <vector>

#include "internal/config/load.hpp"

namespace balancer::config {

// A YAML document as plain data, aliases resolved.
struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping };
  struct Entry;

  Kind kind = Kind::null;
  int line = 0;                 // from 1
  std::string text;             // of a scalar
  std::vector<YamlNode> items;  // of a sequence
  std::vector<Entry> entries;   // of a mapping; no key twice
};

struct YamlNode::Entry {
  std::string key;
  int line = 0;  // of the key
  YamlNode value;
};

// Fails when `text` is not one YAML document of reasonable size; `problems` then says why. Keys
// that come a second time are problems too, and left out.
std::optional<YamlNode> ParseYaml(const std::string& text, Problems& problems);

}  // namespace balancer::config
