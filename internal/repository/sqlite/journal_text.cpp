#include "internal/repository/sqlite/journal_text.hpp"

#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "internal/model/client_limit.hpp"

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;

// A client_id has no control characters, so this is found where one begins only.
constexpr std::string_view kBeforeId = "\n\"";
constexpr std::string_view kAfterId = "\":[";
constexpr std::string_view kEnd = "}";

bool Skip(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

bool SkipNumber(std::string_view& rest, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

void AppendEscaped(std::string& text, std::string_view client_id) {
  for (const char c : client_id) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
}

}  // namespace

Result<std::string> JournalText(const service::CountBatch& batch) {
  std::string text;
  for (const auto& [client_id, counts] : batch.clients) {
    if (!model::CheckClientId(client_id)) {
      return Fail(ErrorCode::storage_failed, "counts of what is no client_id");
    }
    text += text.empty() ? '{' : ',';
    text += kBeforeId;
    AppendEscaped(text, client_id);
    text += kAfterId;
    text += std::to_string(counts.allowed);
    text += ',';
    text += std::to_string(counts.refused);
    text += ']';
  }
  return text += kEnd;
}

std::string Escaped(std::string_view client_id) {
  std::string escaped;
  AppendEscaped(escaped, client_id);
  return escaped;
}

std::string Unescaped(std::string_view escaped) {
  std::string client_id;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] == '\\') ++i;
    client_id += escaped[i];
  }
  return client_id;
}

std::optional<JournalEntry> NextEntry(std::string_view& rest) {
  std::string_view at = rest;
  if (!Skip(at, "{") && !Skip(at, ",")) return std::nullopt;
  if (!Skip(at, kBeforeId)) return std::nullopt;
  std::size_t end = 0;
  while (end < at.size() && at[end] != '"') end += at[end] == '\\' ? 2 : 1;
  if (end >= at.size()) return std::nullopt;
  JournalEntry entry{at.substr(0, end), {}};
  at.remove_prefix(end);
  if (!Skip(at, kAfterId) || !SkipNumber(at, entry.counts.allowed) || !Skip(at, ",") ||
      !SkipNumber(at, entry.counts.refused) || !Skip(at, "]")) {
    return std::nullopt;
  }
  rest = at;
  return entry;
}

std::optional<JournalEntry> FindEntry(std::string_view text, std::string_view escaped) {
  const auto at = text.find(fmt::format("{}{}{}", kBeforeId, escaped, kAfterId));
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at - 1);
  return NextEntry(text);
}

}  // namespace balancer::repository
