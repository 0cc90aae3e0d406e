#pragma once

#include <cstdint>
#include <optional>

#include "internal/model/client_limit.hpp"
#include "internal/model/request_counts.hpp"
#include "internal/service/token-manager/token_bucket.hpp"
#include "internal/service/token-manager/token_manager.hpp"

namespace balancer::service {

struct ClientEntry;

// A client's requests since its counts were last taken away. Found through its entry while there is
// one, but not lost with it. Guarded by the shard's lock.
struct UntakenCounts {
  model::ClientCounts counts;
  ClientEntry* entry = nullptr;
};

// What is remembered of one client: its bucket, and how far its limits can be trusted.
//
// Each is in one of three states, which `generation` and `recheck_at` tell:
//   confirmed    storage said so, and no change has been heard of since;
//   provisional  in use, but storage must be asked (again) from `recheck_at` on: it could not
//                answer, or the limits come from Apply, which a later change may have overtaken.
//                Requests do not wait for that answer;
//   stale        a change may have been missed: the next request waits for a look-up. What that
//                finds holds since the change was heard of, not only since somebody came to ask.
//
// Thread safety: none; the shard's lock guards it.
struct ClientEntry {
  // Time since the token manager's epoch.
  using Time = TokenBucket::Time;

  // The generation of a stale entry; that of a look-up that a change has overtaken.
  static constexpr std::uint32_t kOvertaken = 0;

  ClientEntry() = default;
  ~ClientEntry() {
    if (untaken != nullptr) untaken->entry = nullptr;
  }
  ClientEntry(const ClientEntry&) = delete;
  ClientEntry& operator=(const ClientEntry&) = delete;

  std::optional<TokenBucket> bucket;  // absent: not limited
  Time recheck_at{0};                 // 0: never
  // That of the token manager when the look-up of these limits began; stale when it has moved on.
  std::uint32_t generation = kOvertaken;
  // While stale: when a change of this client was last heard of, or its bucket used in spite of it.
  Time stale_since{0};
  UntakenCounts* untaken = nullptr;  // nullptr: no request came since they were taken

  // Keeps the tokens that there are at `from`; since then the bucket fills by this limit. nullopt:
  // not limited any more. REQUIRES: the bucket has not been used or changed after `from`.
  void SetLimit(const std::optional<model::Limit>& limit, Time from) {
    if (!limit) {
      bucket.reset();
    } else if (bucket) {
      bucket->Change(*limit, from);
    } else {
      bucket.emplace(*limit);
    }
  }

  Admission Take(Time now) {
    if (!bucket || bucket->Take(now)) return {};
    return {Admission::Verdict::refused, bucket->RetryAfter(now)};
  }

  // Nothing is lost but the trouble of another look-up when this one is dropped.
  bool IsDroppable(Time now) const { return !bucket || bucket->IsFull(now); }
};

}  // namespace balancer::service
