#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/model/backend.hpp"
#include "internal/service/pool-service/strategies/strategy.hpp"

namespace balancer::service {

// A chosen backend, counted as in flight while this lives. Movable; any thread.
class Lease {
 public:
  Lease() = default;
  Lease(std::size_t backend, std::atomic<int>* in_flight)
      : backend_(backend), in_flight_(in_flight) {}
  Lease(Lease&& other) noexcept
      : backend_(other.backend_), in_flight_(std::exchange(other.in_flight_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept;
  ~Lease() { Release(); }

  // Index into the configured list.
  std::size_t backend() const { return backend_; }
  explicit operator bool() const { return in_flight_ != nullptr; }
  void Release();

 private:
  std::size_t backend_ = 0;
  std::atomic<int>* in_flight_ = nullptr;
};

// The backends: which of them are available, and which one gets the next request.
//
// A backend is healthy by its checks (`rise` passed in a row turn it up, `fall` failed in a row
// turn it down). It is available when it is healthy and not set aside: a refused or timed-out
// connect counts as a failed check, sets the backend aside until a check passes, and asks for one
// soon
// (`on_connect_failure`).
//
// Thread safety: all calls, on any thread. Leases must be gone before this is destroyed.
class PoolService {
 public:
  struct Hooks {
    // A backend turned up or down, and why: the reason of the report that turned it. The first
    // check of a backend always tells; setting aside never does. Called with no lock held.
    std::function<void(std::size_t backend, bool up, std::string_view reason)> on_turn;
    // The backend was set aside: check it soon. Once, however many connects fail meanwhile. Called
    // with no lock held, on the thread that reports the failure.
    std::function<void(std::size_t backend)> on_connect_failure;
  };

  // Backends begin down, without a turn being told for it: the first check decides
  // (one passed or failed check is enough then, whatever rise and fall say).
  PoolService(std::vector<model::BackendSettings> backends, std::unique_ptr<Strategy> strategy,
              Hooks hooks);
  ~PoolService();

  // Chooses an available backend that is not in `tried`. nullopt: there is none.
  std::optional<Lease> Choose(std::span<const std::size_t> tried);

  // A connect to this backend was refused or timed out. Of no effect for a backend that is down or
  // set aside already.
  void ReportConnectFailure(std::size_t backend, std::string_view reason);

  // A health check ended; `reason` says how.
  void ReportCheck(std::size_t backend, bool passed, std::string_view reason);

  // A backend as it is now, and its checks so far.
  struct Status {
    bool healthy = false;
    int in_flight = 0;
    std::uint64_t checks_passed = 0;
    std::uint64_t checks_failed = 0;
  };
  Status status(std::size_t backend) const;

  bool healthy(std::size_t backend) const { return status(backend).healthy; }
  std::size_t healthy_count() const;
  int in_flight(std::size_t backend) const { return status(backend).in_flight; }

  std::size_t size() const { return settings_.size(); }
  const model::BackendSettings& settings(std::size_t backend) const { return settings_[backend]; }

 private:
  struct State;

  // Counts a passed or failed check. Returns whether it turned the backend. REQUIRES: mu_ is held.
  bool Count(std::size_t backend, bool passed);
  // Tells the strategy which backends are available now. REQUIRES: mu_ is held.
  void UpdateAvailable();

  const std::vector<model::BackendSettings> settings_;
  const Hooks hooks_;
  mutable std::mutex mu_;
  std::unique_ptr<Strategy> strategy_;          // guarded by mu_
  std::vector<std::unique_ptr<State>> states_;  // guarded by mu_, but for the in-flight counts
};

}  // namespace balancer::service
