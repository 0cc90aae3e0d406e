#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "internal/model/redirect_target.hpp"

namespace balancer::service {

// The shares by which all workers redirect: written seldom, looked at for every request. When Set()
// returns, whoever asks ChangedSince() is told.
//
// Thread safety: all calls, on any thread.
class SharesInForce {
 public:
  using Snapshot = std::shared_ptr<const model::RedirectTargets>;

  explicit SharesInForce(model::RedirectTargets targets) { Set(std::move(targets)); }

  void Set(model::RedirectTargets targets) {
    auto snapshot = std::make_shared<const model::RedirectTargets>(std::move(targets));
    const std::lock_guard lock(mu_);
    targets_ = std::move(snapshot);
    generation_.fetch_add(1, std::memory_order_release);
  }
  Snapshot Get() const {
    const std::lock_guard lock(mu_);
    return targets_;
  }
  // Whether the snapshot is another than the one that `generation` was set for. Begin with 0.
  bool ChangedSince(std::uint64_t generation) const {
    return generation_.load(std::memory_order_acquire) != generation;
  }
  // The snapshot; sets `generation` for it.
  Snapshot Get(std::uint64_t& generation) const {
    const std::lock_guard lock(mu_);
    generation = generation_.load(std::memory_order_relaxed);
    return targets_;
  }

 private:
  mutable std::mutex mu_;
  Snapshot targets_;                          // guarded by mu_
  std::atomic<std::uint64_t> generation_{0};  // written under mu_
};

}  // namespace balancer::service
