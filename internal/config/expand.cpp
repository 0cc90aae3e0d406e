#include "internal/config/expand.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace balancer::config {
namespace {

bool IsName(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && letter(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Appends the value of what stands between `${` and `}`.
Parsed<void> Append(std::string_view inside, const Environment& environment, Expanded& out) {
  const std::size_t colon = inside.find(":-");
  const bool has_default = colon != std::string_view::npos;
  const std::string name(inside.substr(0, colon));
  if (!IsName(name)) {
    return tl::unexpected<std::string>(
        "must hold ${NAME} or ${NAME:-default} behind a ${ (write $${ for a plain one)");
  }
  const std::string_view fallback = has_default ? inside.substr(colon + 2) : "";
  if (fallback.find("${") != std::string_view::npos) {
    return tl::unexpected(fmt::format("must not hold another ${{ in the default of ${{{}}}", name));
  }
  const auto value = environment(name);
  if (value && !(value->empty() && has_default)) {
    out.text += *value;
    out.variable = name;
  } else if (has_default) {
    out.text += fallback;
  } else {
    return tl::unexpected(
        fmt::format("needs the environment variable {0}, which is not set (${{{0}:-default}} "
                    "gives it a default)",
                    name));
  }
  return {};
}

}  // namespace

Parsed<Expanded> Expand(std::string_view text, const Environment& environment) {
  Expanded out;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find("${"), text.size());
    const bool escaped = dollar > 0 && dollar < text.size() && text[dollar - 1] == '$';
    out.text += text.substr(0, escaped ? dollar - 1 : dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    text.remove_prefix(2);
    if (escaped) {
      out.text += "${";
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return tl::unexpected<std::string>("holds a ${ without its } (write $${ for a plain one)");
    }
    if (const auto done = Append(text.substr(0, end), environment, out); !done) {
      return tl::unexpected(done.error());
    }
    text.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace balancer::config
