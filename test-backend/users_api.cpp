#include "test-backend/users_api.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

namespace test_backend {
namespace {

namespace json = rapidjson;
using Writer = json::Writer<json::StringBuffer>;

void Put(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<json::SizeType>(text.size()));
}

void Put(Writer& writer, std::string_view key, std::string_view value) {
  Put(writer, key);
  Put(writer, value);
}

Reply Refuse(int status, std::string_view error, std::string_view reason = {},
             std::string fields = {}) {
  json::StringBuffer out;
  Writer writer(out);
  writer.StartObject();
  Put(writer, "error", error);
  if (!reason.empty()) Put(writer, "reason", reason);
  writer.EndObject();
  return {status, {out.GetString(), out.GetSize()}, std::move(fields)};
}

Reply BadRequest(std::string_view reason) {
  return Refuse(400, "bad_request", reason);
}

// 8-4-4-4-12 hexadecimal digits (RFC 9562 §4).
bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return false;
    } else if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
      return false;
    }
  }
  return true;
}

// Digits alone; nothing for what is no number or past 2^63 - 1.
std::optional<std::int64_t> ReadNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.starts_with('-') || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::variant<Reply, UserId, PageOf> ReadPageOf(std::string_view query) {
  std::optional<std::int64_t> limit, offset;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));

    const auto equals = std::min(parameter.find('='), parameter.size());
    const std::string_view name = parameter.substr(0, equals);
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    if (name != "limit" && name != "offset") return BadRequest("parameters are limit and offset");
    auto& number = name == "limit" ? limit : offset;
    if (number) return BadRequest("a parameter is given twice");
    number = ReadNumber(value);
    if (name == "limit" && (!number || *number < 1 || *number > kMaxPage)) {
      return BadRequest("limit is a whole number from 1 to 200");
    }
    if (!number) return BadRequest("offset is a whole number from 0 to 9223372036854775807");
  }
  const PageOf standard;
  return PageOf{limit.value_or(standard.limit), offset.value_or(standard.offset)};
}

void Put(Writer& writer, const User& user) {
  writer.StartObject();
  Put(writer, "id", user.id);
  Put(writer, "email", user.email);
  Put(writer, "full_name", user.full_name);
  Put(writer, "age");
  writer.Int(user.age);
  Put(writer, "country_code", user.country_code);
  Put(writer, "is_active");
  writer.Bool(user.is_active);
  Put(writer, "created_at", user.created_at);
  writer.EndObject();
}

}  // namespace

bool IsUsersPath(std::string_view path) {
  return path == "/healthz" || path == "/users" || path.starts_with("/users/");
}

std::variant<Reply, UserId, PageOf> ReadUsersRequest(const Request& request) {
  const auto path_size = std::min(request.uri.find('?'), request.uri.size());
  const std::string_view path = request.uri.substr(0, path_size);
  const std::string_view query = request.uri.substr(std::min(path_size + 1, request.uri.size()));
  const std::string_view id =
      path.substr(std::min(path.size(), std::string_view("/users/").size()));

  if (id.find('/') != std::string_view::npos) return Refuse(404, "not_found");
  if (request.method != "GET" && request.method != "HEAD") {
    return Refuse(405, "method_not_allowed", {}, "Allow: GET, HEAD\r\n");
  }
  if (path == "/healthz") return kOk;
  if (path == "/users") return ReadPageOf(query);
  if (!IsUuid(id)) return BadRequest("the id is no uuid");
  if (!query.empty()) return BadRequest("there are no parameters here");
  return UserId{std::string(id)};
}

Reply UserReply(const std::optional<User>& user) {
  if (!user) return Refuse(404, "not_found");
  json::StringBuffer out;
  Writer writer(out);
  Put(writer, *user);
  return {200, {out.GetString(), out.GetSize()}};
}

Reply PageReply(const UserPage& page) {
  json::StringBuffer out;
  Writer writer(out);
  writer.StartObject();
  Put(writer, "items");
  writer.StartArray();
  for (const User& user : page.items) Put(writer, user);
  writer.EndArray();
  Put(writer, "limit");
  writer.Int64(page.of.limit);
  Put(writer, "offset");
  writer.Int64(page.of.offset);
  Put(writer, "total");
  writer.Int64(page.total);
  writer.EndObject();
  return {200, {out.GetString(), out.GetSize()}};
}

}  // namespace test_backend
