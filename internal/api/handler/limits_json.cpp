#include "internal/api/handler/limits_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
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

enum FieldIndex { kClientId, kCapacity, kRatePerSec, kFieldCount };
constexpr std::array<std::string_view, kFieldCount> kNames{"client_id", "capacity", "rate_per_sec"};

// The SAX side of the reader: takes the first `field_count` of kNames. The first mistake ends the
// parse, so that it never gets inside a second level.
class FieldReader : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FieldReader> {
 public:
  explicit FieldReader(int field_count) : field_count_(field_count) {}

  bool StartObject() { return std::exchange(in_object_, true) ? Mistyped() : true; }
  bool EndObject(rapidjson::SizeType) {
    for (int i = 0; i < field_count_; ++i) {
      if (!seen_[i]) return Mistake(fmt::format("{} is missing", kNames[i]));
    }
    return true;
  }
  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string_view name(text, length);
    for (field_ = 0; field_ < field_count_ && kNames[field_] != name;) ++field_;
    if (field_ == field_count_) return Mistake("unknown field" + QuotedName(name));
    if (std::exchange(seen_[field_], true)) {
      return Mistake(fmt::format("{} is given more than once", name));
    }
    return true;
  }
  bool String(const char* text, rapidjson::SizeType length, bool) {
    if (!in_object_ || field_ != kClientId) return Mistyped();
    client_id_.assign(text, length);
    return true;
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (!in_object_ || field_ == kClientId) return Mistyped();
    double value = 0;
    // What is too small for a double stays 0, which is out of every range.
    std::from_chars(text, text + length, value);
    (field_ == kCapacity ? capacity_ : rate_per_sec_) = value;
    return true;
  }
  // What RapidJSON itself finds too big for a double.
  bool NumberTooBig() {
    if (!in_object_ || field_ == kClientId) return Mistyped();
    return Mistake(fmt::format("{} is too big: it must be at most 1e9", kNames[field_]));
  }
  // null, true, false and arrays.
  bool Default() { return Mistyped(); }
  bool StartArray() { return Mistyped(); }

  // Empty: none.
  const std::string& mistake() const { return mistake_; }
  // The field whose value was being read; empty outside of the object.
  std::string_view field() const { return in_object_ ? kNames[field_] : std::string_view(); }
  const std::string& client_id() const { return client_id_; }
  // With capacity 0 where it is no whole number in range.
  model::Limit limit() const {
    const bool whole =
        capacity_ >= 1 && capacity_ <= model::kMaxCapacity && capacity_ == std::trunc(capacity_);
    return {whole ? static_cast<std::int64_t>(capacity_) : 0, rate_per_sec_};
  }

 private:
  bool Mistake(std::string text) {
    mistake_ = std::move(text);
    return false;
  }
  bool Mistyped() {
    if (!in_object_) return Mistake("the body must be a JSON object");
    return Mistake(
        fmt::format("{} must be a {}", kNames[field_], field_ == kClientId ? "string" : "number"));
  }

  const int field_count_;
  bool in_object_ = false;
  int field_ = 0;  // the one whose value comes next
  std::array<bool, kFieldCount> seen_{};
  std::string client_id_;
  double capacity_ = 0;
  double rate_per_sec_ = 0;
  std::string mistake_;
};

std::string_view Describe(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "the text is empty";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "text after the end";
    case rapidjson::kParseErrorObjectMissName:
      return "a field name is missing";
    case rapidjson::kParseErrorObjectMissColon:
      return "a colon is missing";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "a comma or } is missing";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "a bad escape or control character";
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "half a surrogate pair";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "a string without an end";
    case rapidjson::kParseErrorNumberMissFraction:
    case rapidjson::kParseErrorNumberMissExponent:
      return "a number without its last digits";
    default:
      return "no JSON value";
  }
}

model::Result<void> Read(std::string_view json, FieldReader& fields) {
  // Numbers come as text, since RapidJSON's own conversion is neither exact nor free of overflows.
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, fields);
  rapidjson::ParseErrorCode code = result.Code();
  std::size_t offset = result.Offset();

  if (code == rapidjson::kParseErrorNumberTooBig) {
    fields.NumberTooBig();
  } else if (code == rapidjson::kParseErrorNone && stream.Tell() < json.size()) {
    // RapidJSON takes a NUL for the end of the text.
    code = rapidjson::kParseErrorDocumentRootNotSingular;
    offset = stream.Tell();
  }
  if (!fields.mistake().empty()) return Fail(ErrorCode::invalid_argument, fields.mistake());
  if (code == rapidjson::kParseErrorNone) return {};
  std::string detail = fmt::format("malformed JSON at byte {}: {}", offset, Describe(code));
  if (code == rapidjson::kParseErrorValueInvalid && !fields.field().empty()) {
    detail += fmt::format(" for {}", fields.field());
  }
  return Fail(ErrorCode::invalid_argument, std::move(detail));
}

}  // namespace

model::Result<model::ClientLimit> ParseClientLimit(std::string_view json) {
  FieldReader fields(kFieldCount);
  return Read(json, fields)
      .and_then([&] { return CheckClientIdField(fields.client_id()); })
      .and_then([&] { return model::CheckLimit(fields.limit()); })
      .map([&] {
        return model::ClientLimit{fields.client_id(), fields.limit()};
      });
}

model::Result<std::string> ParseClientId(std::string_view json) {
  FieldReader fields(kClientId + 1);
  return Read(json, fields)
      .and_then([&] { return CheckClientIdField(fields.client_id()); })
      .map([&] { return fields.client_id(); });
}

std::string ToJson(const model::ClientLimit& limit) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(limit.client_id.data(), static_cast<rapidjson::SizeType>(limit.client_id.size()));
  return fmt::format("{{\"client_id\":{},\"capacity\":{},\"rate_per_sec\":{}}}",
                     std::string_view(buffer.GetString(), buffer.GetSize()), limit.limit.capacity,
                     limit.limit.rate_per_sec);
}

}  // namespace balancer::api
