#include "internal/service/pool-service/pool_service.hpp"

#include <algorithm>

namespace balancer::service {

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Release();
    backend_ = other.backend_;
    in_flight_ = std::exchange(other.in_flight_, nullptr);
  }
  return *this;
}

void Lease::Release() {
  if (in_flight_ != nullptr) in_flight_->fetch_sub(1, std::memory_order_relaxed);
  in_flight_ = nullptr;
}

struct PoolService::State {
  std::atomic<int> in_flight{0};
  bool checked = false;    // a check has ended
  bool healthy = false;    // by the checks
  bool set_aside = false;  // a connect failed, and no check has passed since
  int against = 0;         // results in a row that speak against `healthy`
  std::uint64_t checks_passed = 0;
  std::uint64_t checks_failed = 0;

  bool available() const { return healthy && !set_aside; }
};

PoolService::PoolService(std::vector<model::BackendSettings> backends,
                         std::unique_ptr<Strategy> strategy, Hooks hooks)
    : settings_(std::move(backends)), hooks_(std::move(hooks)), strategy_(std::move(strategy)) {
  for (std::size_t i = 0; i < settings_.size(); ++i) states_.push_back(std::make_unique<State>());
}

PoolService::~PoolService() = default;

std::optional<Lease> PoolService::Choose(std::span<const std::size_t> tried) {
  const std::lock_guard lock(mu_);
  const auto backend = strategy_->Choose(tried);
  if (!backend) return std::nullopt;
  std::atomic<int>& in_flight = states_[*backend]->in_flight;
  in_flight.fetch_add(1, std::memory_order_relaxed);
  return Lease(*backend, &in_flight);
}

void PoolService::ReportConnectFailure(std::size_t backend, std::string_view reason) {
  bool turned = false;
  {
    const std::lock_guard lock(mu_);
    State& state = *states_[backend];
    if (!state.available()) return;
    state.set_aside = true;
    turned = Count(backend, false);
    UpdateAvailable();
  }
  if (turned && hooks_.on_turn) hooks_.on_turn(backend, false, reason);
  if (hooks_.on_connect_failure) hooks_.on_connect_failure(backend);
}

void PoolService::ReportCheck(std::size_t backend, bool passed, std::string_view reason) {
  bool turned = false;
  {
    const std::lock_guard lock(mu_);
    State& state = *states_[backend];
    const bool was_available = state.available();
    ++(passed ? state.checks_passed : state.checks_failed);
    turned = Count(backend, passed);
    if (passed) state.set_aside = false;
    if (state.available() != was_available) UpdateAvailable();
  }
  if (turned && hooks_.on_turn) hooks_.on_turn(backend, passed, reason);
}

bool PoolService::Count(std::size_t backend, bool passed) {
  State& state = *states_[backend];
  const model::HealthSettings& health = settings_[backend].health;
  const bool first = !std::exchange(state.checked, true);
  if (!first && passed == state.healthy) {
    state.against = 0;
    return false;
  }
  const int needed = first ? 1 : passed ? health.rise : health.fall;
  if (++state.against < needed) return false;
  state.healthy = passed;
  state.against = 0;
  return true;
}

void PoolService::UpdateAvailable() {
  std::vector<Candidate> available;
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (!states_[i]->available()) continue;
    available.push_back({i, settings_[i].weight, &states_[i]->in_flight});
  }
  strategy_->SetAvailable(std::move(available));
}

PoolService::Status PoolService::status(std::size_t backend) const {
  const std::lock_guard lock(mu_);
  const State& state = *states_[backend];
  return {.healthy = state.healthy,
          .in_flight = state.in_flight.load(std::memory_order_relaxed),
          .checks_passed = state.checks_passed,
          .checks_failed = state.checks_failed};
}

std::size_t PoolService::healthy_count() const {
  const std::lock_guard lock(mu_);
  return static_cast<std::size_t>(
      std::ranges::count_if(states_, [](const auto& state) { return state->healthy; }));
}

}  // namespace balancer::service
