#include "internal/repository/outage_log.hpp"

#include <spdlog/spdlog.h>

namespace balancer::repository {
namespace {

// Libraries end their messages with newlines, and begin some of them with "ERROR:  ".
std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

void OutageLog::Down(std::string_view why) {
  const auto now = Clock::now();
  std::string reason = OneLine(why);
  std::lock_guard lock(mu_);
  const bool turned = !down_.exchange(true);
  if (!turned && (reason == reason_ || now - reason_logged_ < kBetweenReasons)) return;
  reason_ = std::move(reason);
  reason_logged_ = now;
  spdlog::error("storage: {} is unavailable: {}", name_, reason_);
}

void OutageLog::Up() {
  if (!down_.load(std::memory_order_relaxed)) return;
  std::lock_guard lock(mu_);
  if (down_.exchange(false)) spdlog::info("storage: {} is available", name_);
}

void OutageLog::Refused(std::string_view why) {
  const auto now = Clock::now();
  std::string refusal = OneLine(why);
  std::lock_guard lock(mu_);
  if (refusal == refusal_ && now - refusal_logged_ < kBetweenRefusals) return;
  refusal_ = std::move(refusal);
  refusal_logged_ = now;
  spdlog::error("storage: {} refused: {}", name_, refusal_);
}

}  // namespace balancer::repository
