#include "internal/config/yaml_node.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace balancer::config {
namespace {

// Aliases can make a small file endless, or its tree exponentially large.
constexpr int kMaxDepth = 32;
constexpr int kMaxNodes = 100'000;

int LineOf(const YAML::Mark& mark) {
  return mark.is_null() ? 0 : mark.line + 1;
}

class Converter {
 public:
  explicit Converter(Problems& problems) : problems_(problems) {}

  bool Convert(const YAML::Node& from, const std::string& path, int depth, YamlNode& to) {
    to.line = LineOf(from.Mark());
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) {
      problems_.push_back({to.line, path, "is nested too deeply or repeats itself without end"});
      return false;
    }
    switch (from.Type()) {
      case YAML::NodeType::Scalar:
        to.kind = YamlNode::Kind::scalar;
        to.text = from.Scalar();
        return true;
      case YAML::NodeType::Sequence:
        to.kind = YamlNode::Kind::sequence;
        for (const YAML::Node& item : from) {
          const std::string item_path = fmt::format("{}[{}]", path, to.items.size());
          if (!Convert(item, item_path, depth + 1, to.items.emplace_back())) return false;
        }
        return true;
      case YAML::NodeType::Map:
        to.kind = YamlNode::Kind::mapping;
        return std::all_of(from.begin(), from.end(), [&](const auto& pair) {
          return ConvertEntry(pair.first, pair.second, path, depth, to);
        });
      default:
        return true;
    }
  }

 private:
  bool ConvertEntry(const YAML::Node& key, const YAML::Node& value, const std::string& path,
                    int depth, YamlNode& to) {
    const int line = LineOf(key.Mark());
    if (!key.IsScalar()) {
      problems_.push_back({line, path, "has a key that is not a word"});
      return true;
    }
    const std::string& name = key.Scalar();
    const std::string entry_path = path.empty() ? name : path + "." + name;
    const auto first = std::ranges::find(to.entries, name, &YamlNode::Entry::key);
    if (first != to.entries.end()) {
      problems_.push_back(
          {line, entry_path, fmt::format("is repeated; it is on line {} already", first->line)});
      return true;
    }
    YamlNode::Entry& entry = to.entries.emplace_back();
    entry.key = name;
    entry.line = line;
    return Convert(value, entry_path, depth + 1, entry.value);
  }

  Problems& problems_;
  int nodes_ = 0;
};

// yaml-cpp takes some control characters for the end of the file and would drop the rest.
bool HasOnlyText(const std::string& text, Problems& problems) {
  int line = 1;
  for (const unsigned char c : text) {
    if (c == '\n') ++line;
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      problems.push_back({line, "", "is not YAML: a control character (is this UTF-8 text?)"});
      return false;
    }
  }
  return true;
}

}  // namespace

std::optional<YamlNode> ParseYaml(const std::string& text, Problems& problems) {
  if (!HasOnlyText(text, problems)) return std::nullopt;
  try {
    // Behind a last line's end yaml-cpp forgives a quote or a mapping that is not closed; the
    // comment makes it look.
    const std::vector<YAML::Node> documents = YAML::LoadAll(text + "\n#");
    YamlNode root;
    if (documents.empty()) return root;
    if (documents.size() > 1) {
      const int line = LineOf(documents[1].Mark());
      problems.push_back({line, "", "is not one YAML document: a second one begins here"});
      return std::nullopt;
    }
    if (!Converter(problems).Convert(documents[0], "", 0, root)) return std::nullopt;
    return root;
  } catch (const YAML::Exception& error) {
    const bool open_quote = error.msg == YAML::ErrorMsg::EOF_IN_SCALAR;
    const char* hint = open_quote ? " (a quote further up is not closed)" : "";
    problems.push_back({LineOf(error.mark), "", "is not YAML: " + error.msg + hint});
  } catch (const std::exception& error) {
    problems.push_back({0, "", std::string("is not YAML: ") + error.what()});
  }
  return std::nullopt;
}

}  // namespace balancer::config
