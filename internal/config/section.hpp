#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/config/expand.hpp"
#include "internal/config/load.hpp"
#include "internal/config/parse.hpp"
#include "internal/config/yaml_node.hpp"

namespace balancer::config {

// Reads one mapping of the file, key by key. A key that is absent or null leaves its field alone;
// one that is wrong does too and adds a problem. What has not been asked for is unknown.
//
// `root`, `environment` and `problems` must outlive it.
class Section {
 public:
  Section(const YamlNode& root, const Environment& environment, Problems& problems)
      : Section(&root, root.line, "", environment, problems) {}

  bool Has(std::string_view key);  // present, if only as null
  bool HasValue(std::string_view key);

  // Reads a scalar. `parse(text)` gives Parsed<something that T is made from>. A `variable` of the
  // environment, if not empty, takes the place of what the file says. Returns whether the field
  // was set.
  template <typename T, typename Parse>
  bool Read(std::string_view key, T& field, const Parse& parse, const char* variable = "") {
    const Scalar scalar = FindScalar(key, variable);
    return scalar.given && Set(scalar, field, parse);
  }

  // Reads a list of scalars. Returns whether there is one, all of it good.
  template <typename T, typename Parse>
  bool ReadList(std::string_view key, std::vector<T>& field, const Parse& parse) {
    std::vector<Scalar> scalars;
    if (!FindScalars(key, scalars)) return false;
    std::vector<T> list(scalars.size());
    bool good = true;
    for (std::size_t i = 0; i < scalars.size(); ++i) {
      good = scalars[i].given && Set(scalars[i], list[i], parse) && good;
    }
    if (good) field = std::move(list);
    return good;
  }

  using ReadSection = std::function<void(Section&)>;

  // Reads a mapping inside; an absent one is read as if it were empty.
  void Inside(std::string_view key, const ReadSection& read);

  // Reads a list of mappings. Returns false when nothing is there: no key, null, or no entry.
  bool ForEach(std::string_view key, const ReadSection& read);

  // Adds a problem at `key`'s line, or at this section's where it is absent.
  void Fail(std::string_view key, std::string message);

  const std::string& path() const { return path_; }

  // Adds a problem for every key that was not asked for.
  void RejectUnknown();

 private:
  struct Scalar {
    bool given = false;
    int line = 0;
    std::string key;       // its path
    std::string text;      // expanded
    std::string variable;  // of the environment, that it comes from; "" = none
  };

  Section(const YamlNode* node, int line, std::string path, const Environment& environment,
          Problems& problems)
      : node_(node),
        line_(line),
        path_(std::move(path)),
        environment_(environment),
        problems_(problems) {}

  const YamlNode::Entry* Find(std::string_view key) const;  // null when absent
  const YamlNode::Entry* Ask(std::string_view key);         // Find(), and the key is a known one
  Scalar FindScalar(std::string_view key, const char* variable);
  bool FindScalars(std::string_view key, std::vector<Scalar>& scalars);
  Scalar ToScalar(const YamlNode& node, int line, std::string path);
  void ReadMapping(const YamlNode& node, int line, std::string path, const ReadSection& read);
  std::string PathOf(std::string_view key) const;
  void FailScalar(const Scalar& scalar, const std::string& message);

  template <typename T, typename Parse>
  bool Set(const Scalar& scalar, T& field, const Parse& parse) {
    auto parsed = parse(scalar.text);
    if (!parsed) {
      FailScalar(scalar, parsed.error());
      return false;
    }
    field = static_cast<T>(*std::move(parsed));
    return true;
  }

  const YamlNode* node_;  // a mapping or null
  int line_;
  std::string path_;
  const Environment& environment_;
  Problems& problems_;
  std::vector<std::string> known_;  // the keys asked for
};

}  // namespace balancer::config
