#include "internal/config/parse.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "internal/model/host_name.hpp"

namespace balancer::config {
namespace {

tl::unexpected<std::string> Bad(std::string message) {
  return tl::unexpected<std::string>(std::move(message));
}

template <typename T>
std::optional<T> ReadAll(std::string_view text) {
  T value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}
bool IsVisible(char c) {
  return c > 0x20 && c < 0x7F;
}

// What is wrong with a value.
std::string DetailOf(const model::Error& error) {
  return error.detail;
}

// RFC 9110 §5.6.2.
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsVisible(c) && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string::npos;
  });
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Parsed<std::int64_t> Whole::operator()(std::string_view text) const {
  const auto number = ReadAll<double>(text);
  if (!number || std::trunc(*number) != *number || !(*number >= static_cast<double>(least)) ||
      !(*number <= static_cast<double>(most))) {
    return Bad(fmt::format("must be a whole number from {} to {}", least, most));
  }
  return static_cast<std::int64_t>(*number);
}

Parsed<std::string> Word::operator()(std::string_view text) const {
  if (std::ranges::find(words, text) != words.end()) return std::string(text);
  return Bad(fmt::format("must be one of: {}", fmt::join(words, ", ")));
}

Parsed<bool> ParseBool(std::string_view text) {
  return OneOf<bool>{{{"true", true}, {"false", false}}}(text);
}

Parsed<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  using namespace std::chrono_literals;
  constexpr std::chrono::milliseconds kLongest = 24h;
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  const std::chrono::milliseconds factor = unit == "ms"  ? 1ms
                                           : unit == "s" ? 1s
                                           : unit == "m" ? 1min
                                           : unit == "h" ? 1h
                                                         : 0ms;
  if (digits == 0 || (factor == 0ms && text != "0")) {
    return Bad("must be a whole number and its unit, ms, s, m or h, such as 250ms or 10s");
  }
  const auto count = ReadAll<std::int64_t>(text.substr(0, digits));
  if (!count || *count == 0 || *count > kLongest / factor) {
    return Bad("must be over 0 and at most 24h");
  }
  return *count * factor;
}

Parsed<std::chrono::milliseconds> ParseSeconds(std::string_view text) {
  const auto seconds = ReadAll<double>(text);
  if (!seconds || !(*seconds >= 0.001) || !(*seconds <= 3600)) {
    return Bad("must be a number of seconds from 0.001 to 3600, without a unit");
  }
  return std::chrono::milliseconds(std::llround(*seconds * 1000));
}

Parsed<double> ParseRate(std::string_view text) {
  const auto rate = ReadAll<double>(text);
  if (!rate || !model::CheckLimit({1, *rate})) return Bad("must be a number over 0, at most 1e9");
  return *rate;
}

Parsed<std::string> ParseText(std::string_view text) {
  return std::string(text);
}

Parsed<std::string> ParseName(std::string_view text) {
  if (text.empty()) return Bad("must not be empty");
  if (std::ranges::any_of(text, IsControl)) return Bad("must not contain control characters");
  return std::string(text);
}

Parsed<std::string> ParseHost(std::string_view text) {
  if (model::IsHostName(text) || model::IpAddress::Parse(text)) return std::string(text);
  return Bad("must be a host name or an address (IPv6 without brackets)");
}

Parsed<std::string> ParseToken(std::string_view text) {
  if (std::ranges::all_of(text, IsVisible)) return std::string(text);
  return Bad("must be visible ASCII characters, without spaces");
}

Parsed<std::string> ParsePath(std::string_view text) {
  if (!text.starts_with('/')) return Bad("must begin with '/'");
  if (!std::ranges::all_of(text, IsVisible) || text.find('#') != std::string_view::npos) {
    return Bad("must be visible ASCII characters without '#' (%-encode the others)");
  }
  return std::string(text);
}

Parsed<model::StatusSet> ParseStatusSet(std::string_view text) {
  const auto code = [](std::string_view digits) {
    return digits.size() == 3 ? ReadAll<int>(digits).value_or(0) : 0;
  };
  model::StatusSet set{};
  set.ranges.clear();
  for (std::size_t comma = 0; comma != std::string_view::npos;) {
    comma = text.find(',');
    const std::string_view part = Trim(text.substr(0, comma));
    if (comma != std::string_view::npos) text.remove_prefix(comma + 1);

    const std::size_t dash = part.find('-');
    const int first = code(part.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : code(part.substr(dash + 1));
    if (first < 100 || last > 599 || first > last) {
      return Bad("must be status codes from 100 to 599, such as 200 or 200-299,304");
    }
    set.ranges.emplace_back(first, last);
  }
  return set;
}

Parsed<model::Cidr> ParseCidr(std::string_view text) {
  if (const auto cidr = model::Cidr::Parse(text)) return *cidr;
  return Bad("must be an address or a network such as 10.0.0.0/8 or ::1/128, no bit set past it");
}

Parsed<ClientIdSource> ParseClientIdSource(std::string_view text) {
  constexpr std::string_view kHeader = "header:";
  if (text == "ip") return ClientIdSource{ClientIdSource::Kind::ip, ""};
  if (text == "ip_port") return ClientIdSource{ClientIdSource::Kind::ip_port, ""};
  if (!text.starts_with(kHeader)) return Bad("must be one of: header:NAME, ip, ip_port");
  const std::string_view name = text.substr(kHeader.size());
  if (!IsToken(name)) return Bad("must name a header field after 'header:', such as X-API-Key");
  return ClientIdSource{ClientIdSource::Kind::header, std::string(name)};
}

Parsed<model::HostPattern> ParseHostPattern(std::string_view text) {
  return model::HostPattern::Parse(text).map_error(&DetailOf);
}

Parsed<std::string> ParseRedirectHost(std::string_view text) {
  return model::CheckRedirectHost(text).map([&] { return std::string(text); }).map_error(&DetailOf);
}

Parsed<double> ParsePercent(std::string_view text) {
  const auto percent = ReadAll<double>(text).value_or(-1);
  return model::CheckPercent(percent).map([&] { return percent; }).map_error(&DetailOf);
}

Parsed<std::string> ParseParameter(std::string_view text) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.';
  };
  if (!text.empty() && std::ranges::all_of(text, plain)) return std::string(text);
  return Bad("must be letters, digits, '-', '_' and '.'");
}

}  // namespace balancer::config
