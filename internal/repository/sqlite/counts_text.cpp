#include "internal/repository/sqlite/counts_text.hpp"

#include <charconv>

#include <fmt/format.h>

#include "internal/model/client_limit.hpp"

namespace balancer::repository {
namespace {

using model::ErrorCode;
using model::Fail;
using model::Result;

constexpr std::string_view kNone = "{}";
constexpr std::string_view kEnd = "}";
constexpr std::string_view kBeforeCounts = ":[";

bool Skip(std::string_view& rest, char expected) {
  if (rest.empty() || rest.front() != expected) return false;
  rest.remove_prefix(1);
  return true;
}

template <typename Number>
bool SkipNumber(std::string_view& rest, Number& number) {
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return true;
}

void AppendEscaped(std::string& text, std::string_view client_id) {
  if (client_id.find('"') == std::string_view::npos &&
      client_id.find('\\') == std::string_view::npos) {
    text += client_id;
    return;
  }
  for (const char c : client_id) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
}

// Where the quote is that ends a string; `text` begins within its quotes. npos: nowhere.
std::size_t EndOfString(std::string_view text) {
  std::size_t end = text.find('"');
  while (end != std::string_view::npos && end > 0 && text[end - 1] == '\\') {
    // The backslashes before a quote escape each other in pairs; one that is left escapes the
    // quote.
    const std::size_t before = text.find_last_not_of('\\', end - 1);
    if ((end - (before == std::string_view::npos ? 0 : before + 1)) % 2 == 0) break;
    end = text.find('"', end + 1);
  }
  return end;
}

void AppendNumber(std::string& text, auto number) {
  const fmt::format_int digits(number);
  text.append(digits.data(), digits.size());
}

}  // namespace

std::string Escaped(std::string_view client_id) {
  std::string escaped;
  AppendEscaped(escaped, client_id);
  return escaped;
}

void AppendEntry(std::string& text, std::string_view entry) {
  text += text.empty() ? '{' : ',';
  text += entry;
}

void AppendEntry(std::string& text, std::string_view escaped, const EntryCounts& counts) {
  text += text.empty() ? '{' : ',';
  text += '"';
  text += escaped;
  text += '"';
  text += kBeforeCounts;
  AppendNumber(text, counts.counts.allowed);
  text += ',';
  AppendNumber(text, counts.counts.refused);
  if (counts.last_seen != 0) {
    text += ',';
    AppendNumber(text, counts.last_seen);
  }
  text += ']';
}

void EndCounts(std::string& text) {
  text += text.empty() ? kNone : kEnd;
}

Result<std::string> CountsText(const service::CountBatch& batch) {
  std::string text;
  std::string escaped;
  for (const auto& [client_id, counts] : batch.clients) {
    if (!model::CheckClientId(client_id)) {
      return Fail(ErrorCode::storage_failed, "counts of what is no client_id");
    }
    escaped.clear();
    AppendEscaped(escaped, client_id);
    AppendEntry(text, escaped, {counts});
  }
  EndCounts(text);
  return text;
}

std::optional<CountsEntry> NextEntry(std::string_view& rest) {
  std::string_view at = rest;
  if (!Skip(at, '{') && !Skip(at, ',')) return std::nullopt;
  const std::string_view begin = at;
  if (!Skip(at, '"')) return std::nullopt;
  const std::size_t id_end = EndOfString(at);
  const std::size_t end = at.find(']', id_end);
  if (end == std::string_view::npos) return std::nullopt;
  rest = at.substr(end + 1);
  return CountsEntry{at.substr(0, id_end), begin.substr(0, end + 2)};
}

bool IsEndOfCounts(std::string_view rest) {
  return rest == kEnd || rest == kNone;
}

std::optional<EntryCounts> CountsOf(const CountsEntry& entry) {
  EntryCounts found;
  std::string_view rest = entry.text.substr(entry.escaped.size() + 2);  // and its quotes
  if (!rest.starts_with(kBeforeCounts)) return std::nullopt;
  rest.remove_prefix(kBeforeCounts.size());
  if (!SkipNumber(rest, found.counts.allowed) || !Skip(rest, ',') ||
      !SkipNumber(rest, found.counts.refused) ||
      (Skip(rest, ',') && !SkipNumber(rest, found.last_seen)) || rest != "]") {
    return std::nullopt;
  }
  return found;
}

std::optional<CountsEntry> FindEntry(std::string_view text, std::string_view escaped) {
  // Nearly always this tells that there is none. If not, it may be within another client_id.
  if (text.find(fmt::format("\"{}\"{}", escaped, kBeforeCounts)) == std::string_view::npos)
    return std::nullopt;
  while (const auto entry = NextEntry(text)) {
    if (entry->escaped == escaped) return entry;
  }
  return std::nullopt;
}

}  // namespace balancer::repository
