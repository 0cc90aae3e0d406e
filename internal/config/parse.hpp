#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "internal/config/settings.hpp"

// What a single value may be: each parser takes a scalar's text and gives the value, or what is
// wrong, to be read after the key: "must be …".
namespace balancer::config {

template <typename T>
using Parsed = tl::expected<T, std::string>;

// A whole number in [least, most]; both within ±2^53. `10.0` and `1e1` are 10.
struct Whole {
  std::int64_t least;
  std::int64_t most;
  Parsed<std::int64_t> operator()(std::string_view text) const;
};

// One of the words, for the value that it stands for.
template <typename T>
struct OneOf {
  std::vector<std::pair<std::string_view, T>> words;

  Parsed<T> operator()(std::string_view text) const {
    std::string list;
    for (const auto& [word, value] : words) {
      if (word == text) return value;
      list += list.empty() ? "" : ", ";
      list += word;
    }
    return tl::unexpected("must be one of: " + list);
  }
};

// One of the words, as it is.
struct Word {
  std::vector<std::string_view> words;
  Parsed<std::string> operator()(std::string_view text) const;
};

Parsed<bool> ParseBool(std::string_view text);

// A whole number with its unit, ms, s, m or h; over 0 and at most 24h.
Parsed<std::chrono::milliseconds> ParseDuration(std::string_view text);

// Seconds, 0.001 to 3600, in fractions if need be.
Parsed<std::chrono::milliseconds> ParseSeconds(std::string_view text);

// Tokens a second, as model::Limit has them.
Parsed<double> ParseRate(std::string_view text);

// Anything.
Parsed<std::string> ParseText(std::string_view text);

// Not empty, without control characters.
Parsed<std::string> ParseName(std::string_view text);

// A host to listen at: a name or an address, IPv6 without brackets.
Parsed<std::string> ParseHost(std::string_view text);

// "", or what an Authorization field can carry behind `Bearer `: visible ASCII.
Parsed<std::string> ParseToken(std::string_view text);

// The path and query of a request (origin-form, RFC 9112 §3.2.1).
Parsed<std::string> ParsePath(std::string_view text);

// "200", "200-299,304".
Parsed<model::StatusSet> ParseStatusSet(std::string_view text);

Parsed<model::Cidr> ParseCidr(std::string_view text);

// "header:NAME", "ip", "ip_port".
Parsed<ClientIdSource> ParseClientIdSource(std::string_view text);

// "s1.origin-cluster", "*.origin-cluster".
Parsed<model::HostPattern> ParseHostPattern(std::string_view text);

// As model::CheckRedirectHost has it.
Parsed<std::string> ParseRedirectHost(std::string_view text);

// A part of 1.
Parsed<double> ParsePercent(std::string_view text);

// The name of a query's parameter, without anything that is escaped there.
Parsed<std::string> ParseParameter(std::string_view text);

}  // namespace balancer::config
