#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace balancer::config {

// The one of `words` that `text` is most likely a slip of the keyboard for, if any is near: one
// letter more, less, other or swapped for every three.
std::optional<std::string> NearWord(std::string_view text, std::span<const std::string> words);

}  // namespace balancer::config
