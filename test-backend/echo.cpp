#include "test-backend/echo.hpp"

#include <rapidjson/encodings.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <optional>
#include <string>
#include <string_view>

namespace test_backend {
namespace {

namespace json = rapidjson;

// Iterative, so that deep nesting costs heap and not stack.
constexpr unsigned kStrict = json::kParseIterativeFlag | json::kParseValidateEncodingFlag;

// Why `text` is not JSON, or nothing if it is.
std::optional<std::string> FindFault(std::string_view text) {
  json::MemoryStream stream(text.data(), text.size());
  json::BaseReaderHandler<> ignore;
  json::Reader reader;
  const json::ParseResult result = reader.Parse<kStrict>(stream, ignore);
  if (result.IsError()) {
    return std::string(json::GetParseError_En(result.Code())) + " (at byte " +
           std::to_string(result.Offset()) + ")";
  }
  // The reader takes a NUL byte for the end of its input.
  if (stream.Tell() != text.size()) return "A NUL byte after the JSON value.";
  return std::nullopt;
}

bool IsUtf8(std::string_view text) {
  json::MemoryStream stream(text.data(), text.size());
  json::StringBuffer unused;
  while (stream.Tell() < text.size()) {
    if (!json::UTF8<>::Validate(stream, unused)) return false;
  }
  return true;
}

// JSON holds nothing but Unicode; bytes of another kind are shown as the Latin-1 they may be.
std::string ToUtf8(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  json::StringBuffer out;
  for (const unsigned char byte : text) json::UTF8<>::Encode(out, byte);
  return {out.GetString(), out.GetSize()};
}

using Writer = json::Writer<json::StringBuffer>;

void Put(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<json::SizeType>(text.size()));
}

void Put(Writer& writer, std::string_view key, std::string_view value) {
  Put(writer, key);
  Put(writer, value);
}

}  // namespace

Reply Echo(const Request& request) {
  json::StringBuffer out;
  Writer writer(out);
  const auto reply = [&out](int status) { return Reply{status, {out.GetString(), out.GetSize()}}; };

  if (!request.body.empty()) {
    if (const auto fault = FindFault(request.body)) {
      writer.StartObject();
      Put(writer, "error", *fault);
      writer.EndObject();
      return reply(400);
    }
  }
  writer.StartObject();
  Put(writer, "server_address", request.server_address);
  Put(writer, "http_method", request.method);
  Put(writer, "request_uri", ToUtf8(request.uri));
  Put(writer, "your_message");
  if (request.body.empty()) {
    writer.Null();
  } else {
    writer.RawValue(request.body.data(), request.body.size(), json::kObjectType);
  }
  writer.EndObject();
  return reply(200);
}

}  // namespace test_backend
