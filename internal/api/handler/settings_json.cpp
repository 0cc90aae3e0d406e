#include "internal/api/handler/settings_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "internal/api/handler/field_rules.hpp"

namespace balancer::api {
namespace {

using model::ErrorCode;
using model::Fail;
using model::RedirectTargets;
using model::Result;

// The SAX side of the reader. The first mistake ends the parse, so that it never gets deeper than
// what is asked for.
class SettingReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, SettingReader> {
 public:
  // Where the text begins: the whole setting, or its value alone.
  enum class Root { setting, value };
  explicit SettingReader(Root root)
      : root_(root), place_(root == Root::setting ? Place::outside : Place::value) {}

  bool StartObject() {
    if (place_ == Place::outside) {
      place_ = Place::setting;
    } else if (place_ == Place::list) {
      if (setting_.targets.size() == model::kMaxRedirectTargets) {
        return Mistake(fmt::format("value must name at most {} hosts", model::kMaxRedirectTargets));
      }
      setting_.targets.emplace_back();
      target_seen_ = {};
      place_ = Place::target;
    } else {
      return Mistyped();
    }
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    const bool whole = place_ == Place::setting;
    const auto& names = whole ? kSettingNames : kTargetNames;
    const auto& seen = whole ? setting_seen_ : target_seen_;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!seen[i]) return Mistake(Path(names[i]) + " is missing");
    }
    place_ = whole ? Place::outside : Place::list;
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view name(text, length);
    const bool whole = place_ == Place::setting;
    const auto& names = whole ? kSettingNames : kTargetNames;
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) {
      return Mistake((whole ? "unknown field" : Path("") + " has an unknown field") +
                     QuotedName(name));
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    if (std::exchange((whole ? setting_seen_ : target_seen_)[index], true)) {
      return Mistake(Path(name) + " is given more than once");
    }
    place_ = whole ? (index == 0 ? Place::tag : Place::value)
                   : (index == 0 ? Place::host : Place::percent);
    return true;
  }
  bool StartArray() {
    if (place_ != Place::value) return Mistyped();
    place_ = Place::list;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    place_ = root_ == Root::setting ? Place::setting : Place::outside;
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (place_ == Place::tag) {
      setting_.tag.assign(text, length);
      place_ = Place::setting;
      return true;
    }
    if (place_ != Place::host) return Mistyped();
    auto& host = setting_.targets.back().host;
    host.assign(text, length);
    if (const auto good = model::CheckRedirectHost(host); !good) {
      return Mistake(Path("host") + ' ' + good.error().detail);
    }
    place_ = Place::target;
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (place_ != Place::percent) return Mistyped();
    double value = 0;  // what is too small for a double stays so
    std::from_chars(text, text + length, value);
    if (const auto good = model::CheckPercent(value); !good) {
      return Mistake(Path("percent") + ' ' + good.error().detail);
    }
    setting_.targets.back().percent = value + 0.0;  // -0 is 0
    place_ = Place::target;
    return true;
  }
  // What RapidJSON itself finds too big for a double.
  bool NumberTooBig() {
    if (place_ != Place::percent) return Mistyped();
    return Mistake(Path("percent") + " must be a number from 0 to 1");
  }
  // null, true and false.
  bool Default() { return Mistyped(); }

  // Empty: none.
  const std::string& mistake() const { return mistake_; }
  Setting& setting() { return setting_; }

 private:
  // What comes next: the value of one of these, or a member of one of these.
  enum class Place { outside, setting, tag, value, list, target, host, percent };
  using Names = std::array<std::string_view, 2>;
  static constexpr Names kSettingNames{"tag", "value"};
  static constexpr Names kTargetNames{"host", "percent"};

  bool Mistake(std::string text) {
    mistake_ = std::move(text);
    return false;
  }
  bool Mistyped() {
    switch (place_) {
      case Place::tag:
        return Mistake("tag must be a string");
      case Place::value:
        return Mistake("value must be a list");
      case Place::list:
        return Mistake(fmt::format("value[{}] must be an object", setting_.targets.size()));
      case Place::host:
        return Mistake(Path("host") + " must be a string");
      case Place::percent:
        return Mistake(Path("percent") + " must be a number from 0 to 1");
      default:
        return Mistake("the body must be a JSON object");
    }
  }
  // The field's name, with the target that it is of.
  std::string Path(std::string_view name) const {
    if (place_ == Place::outside || place_ == Place::setting) return std::string(name);
    return fmt::format("value[{}]{}{}", setting_.targets.size() - 1, name.empty() ? "" : ".", name);
  }

  const Root root_;
  Place place_;
  std::array<bool, 2> setting_seen_{};
  std::array<bool, 2> target_seen_{};
  Setting setting_;
  std::string mistake_;
};

Result<Setting> Read(std::string_view json, SettingReader::Root root) {
  // As in limits_json.cpp: numbers as text, nesting on the heap, and a NUL is no end.
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  SettingReader fields(root);
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, fields);
  if (result.Code() == rapidjson::kParseErrorNumberTooBig) fields.NumberTooBig();
  if (!fields.mistake().empty()) return Fail(ErrorCode::invalid_argument, fields.mistake());
  if (result.IsError() || stream.Tell() < json.size()) {
    const std::size_t offset = result.IsError() ? result.Offset() : stream.Tell();
    return Fail(ErrorCode::invalid_argument, fmt::format("malformed JSON at byte {}", offset));
  }
  if (const auto good = model::CheckRedirectTargets(fields.setting().targets); !good) {
    return Fail(ErrorCode::invalid_argument, "value " + good.error().detail);
  }
  return std::move(fields.setting());
}

}  // namespace

Result<Setting> ParseSetting(std::string_view json) {
  return Read(json, SettingReader::Root::setting);
}

Result<RedirectTargets> ParseRedirectTargets(std::string_view json) {
  return Read(json, SettingReader::Root::value).map([](Setting setting) {
    return std::move(setting.targets);
  });
}

std::string ToJson(const RedirectTargets& targets) {
  std::string json = "[";
  for (const auto& target : targets) {
    if (json.size() > 1) json += ',';
    // A host has no character that would have to be escaped.
    json += fmt::format(R"({{"host":"{}","percent":{}}})", target.host, target.percent);
  }
  return json + "]";
}

std::string ToJson(const Setting& setting) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(setting.tag.data(), static_cast<rapidjson::SizeType>(setting.tag.size()));
  return fmt::format(R"({{"tag":{},"value":{}}})",
                     std::string_view(buffer.GetString(), buffer.GetSize()),
                     ToJson(setting.targets));
}

}  // namespace balancer::api
