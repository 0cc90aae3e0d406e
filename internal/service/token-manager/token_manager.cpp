#include "internal/service/token-manager/token_manager.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "internal/service/in-memory-cache/hashed_key.hpp"
#include "internal/service/in-memory-cache/lru_map.hpp"
#include "internal/service/in-memory-cache/sharded.hpp"
#include "internal/service/token-manager/client_entry.hpp"

namespace balancer::service {
namespace {

using Verdict = Admission::Verdict;
using Time = ClientEntry::Time;
using Waiter = std::function<void(Admission)>;
using Answer = model::Result<std::optional<model::Limit>>;
using CountedClients = std::vector<std::pair<std::string, model::ClientCounts>>;

// How many counts are taken away while a shard's requests wait for its lock.
constexpr std::size_t kTakenAtOnce = 256;

// How long provisional limits are used before storage is asked again; while it is away, how often
// it is asked at all.
constexpr Time kRecheckAfter = std::chrono::seconds(1);

// Storage is being asked for a client's limits. There is at most one a client; it lives from the
// question to the answer.
struct Lookup {
  // The token manager's generation when storage was asked; kOvertaken when the client's limits have
  // changed since, so that the answer cannot be trusted.
  std::uint32_t generation;
  std::vector<Waiter> waiters;
};

// Look-ups are kept apart from the entries: entries come and go within their bound without a
// look-up being lost, and look-ups are bounded by the requests that wait for them.
struct alignas(64) Shard {
  explicit Shard(std::size_t max_clients)
      : max_untaken(std::max(max_clients, TokenManager::kMinUntaken)), clients(max_clients) {}

  const std::size_t max_untaken;
  std::mutex mu;
  // Guarded by mu. Must outlive the clients.
  std::unordered_map<std::string, UntakenCounts, KeyHash, KeyEqual> untaken;
  LruMap<ClientEntry> clients;                                         // guarded by mu
  std::uint64_t hits = 0;                                              // guarded by mu
  std::uint64_t misses = 0;                                            // guarded by mu
  std::unordered_map<std::string, Lookup, KeyHash, KeyEqual> lookups;  // guarded by mu
};

// Verdicts found under a shard's lock, told when it is let go.
using Verdicts = std::vector<std::pair<Waiter, Admission>>;

void Tell(const Verdicts& verdicts) {
  for (const auto& [waiter, admission] : verdicts) waiter(admission);
}

}  // namespace

class TokenManager::Impl {
 public:
  Impl(TokenManagerOptions options, LimitsStorage& storage, Clock clock)
      : options_(options),
        storage_(storage),
        clock_(std::move(clock)),
        epoch_(clock_()),
        shards_(options_.max_clients) {}

  Admission Admit(std::string_view client_id, TimePoint now) {
    const HashedKey key(client_id);
    Shard& shard = shards_.Of(key);
    Decision decision;
    {
      const std::lock_guard lock(shard.mu);
      decision = Decide(shard, key, now - epoch_);
      ++(decision.hit ? shard.hits : shard.misses);
    }
    if (decision.ask_storage) AskStorage(std::string(client_id));
    return decision.admission;
  }

  void Await(std::string_view client_id, Waiter done) {
    const HashedKey key(client_id);
    Shard& shard = shards_.Of(key);
    Decision decision;
    {
      const std::lock_guard lock(shard.mu);
      decision = Decide(shard, key, Now());
      if (decision.admission.verdict == Verdict::pending) {
        decision.ask_storage = BeginLookup(shard, key);
        shard.lookups.find(key)->second.waiters.push_back(std::move(done));
      }
    }
    if (decision.admission.verdict != Verdict::pending) {
      done(decision.admission);  // NOLINT(bugprone-use-after-move): moved from when pending
    }
    if (decision.ask_storage) AskStorage(std::string(client_id));
  }

  void Apply(std::string_view client_id, const std::optional<model::Limit>& limit) {
    const HashedKey key(client_id);
    Shard& shard = shards_.Of(key);
    Verdicts verdicts;
    {
      const std::lock_guard lock(shard.mu);
      const Time now = Now();
      ClientEntry* entry = shard.clients.Find(key);
      const auto lookup = shard.lookups.find(key);
      if (entry == nullptr) {
        if (lookup == shard.lookups.end()) return;
        entry = &Insert(shard, key, now);
        entry->generation = lookup->second.generation;
      }
      // A stale entry stays so: the change that made it stale may be later than this one.
      entry->SetLimit(OrDefault(limit), now);
      entry->stale_since = now;
      entry->recheck_at = now + kRecheckAfter;
      if (lookup != shard.lookups.end()) {
        lookup->second.generation = ClientEntry::kOvertaken;
        verdicts = TakeForAll(shard, key, std::exchange(lookup->second.waiters, {}), entry, now);
      }
    }
    Tell(verdicts);
  }

  void OnLimitChanged(const std::string& client_id) {
    const HashedKey key(client_id);
    Shard& shard = shards_.Of(key);
    const std::lock_guard lock(shard.mu);
    if (ClientEntry* entry = shard.clients.Find(key)) {
      entry->generation = ClientEntry::kOvertaken;
      entry->stale_since = Now();
    }
    const auto lookup = shard.lookups.find(key);
    if (lookup != shard.lookups.end()) lookup->second.generation = ClientEntry::kOvertaken;
  }

  void OnChangesMissed() {
    missed_at_ = Now();
    generation_.fetch_add(1);
  }

  CountedClients TakeCounts(std::size_t most) {
    CountedClients taken;
    // Begins where the last call ended, so that no shard's counts wait for ever behind another's.
    for (std::size_t i = 0; i < shards_.shards().size() && taken.size() < most;) {
      Shard& shard = *shards_.shards()[next_taken_];
      const std::lock_guard lock(shard.mu);
      for (std::size_t n = 0; n < kTakenAtOnce && taken.size() < most; ++n) {
        if (shard.untaken.empty()) break;
        auto node = shard.untaken.extract(shard.untaken.begin());
        if (node.mapped().entry != nullptr) node.mapped().entry->untaken = nullptr;
        taken.emplace_back(std::move(node.key()), node.mapped().counts);
      }
      if (!shard.untaken.empty()) continue;
      next_taken_ = (next_taken_ + 1) % shards_.shards().size();
      ++i;
    }
    return taken;
  }

  model::ClientCounts UntakenCountsOf(std::string_view client_id) {
    const HashedKey key(client_id);
    Shard& shard = shards_.Of(key);
    const std::lock_guard lock(shard.mu);
    const auto found = shard.untaken.find(key);
    return found == shard.untaken.end() ? model::ClientCounts{} : found->second.counts;
  }

  std::uint64_t uncounted() const { return uncounted_.load(std::memory_order_relaxed); }

  BucketCacheStats stats() const {
    BucketCacheStats sum;
    for (const auto& shard : shards_.shards()) {
      const std::lock_guard lock(shard->mu);
      sum.size += shard->clients.size();
      sum.hits += shard->hits;
      sum.misses += shard->misses;
      sum.evictions += shard->clients.evictions();
    }
    return sum;
  }

 private:
  struct Decision {
    Admission admission;
    // A look-up has been begun: AskStorage() must follow, without the lock.
    bool ask_storage = false;
    // By limits that were in memory.
    bool hit = false;
  };

  Time Now() const { return clock_() - epoch_; }

  // A token of the client's bucket, or why there is none. REQUIRES: shard.mu is held.
  Decision Decide(Shard& shard, const HashedKey& key, Time now) {
    ClientEntry* entry = shard.clients.Find(key);
    if (entry == nullptr) return DecideUnknown(shard, key, now);
    const bool stale = entry->generation != generation_.load(std::memory_order_acquire);
    const bool recheck = entry->recheck_at != Time{0} && now >= entry->recheck_at;
    if (stale || recheck) return DecideUnsure(shard, key, *entry, stale, now);
    return {Take(shard, key, *entry, now), false, true};
  }

  // For a client about whose limits storage is to be asked again.
  Decision DecideUnsure(Shard& shard, const HashedKey& key, ClientEntry& entry, bool stale,
                        Time now) {
    const bool available = storage_.available();
    if (stale && available) return {{Verdict::pending, {}}};
    Decision decision{Take(shard, key, entry, now), false, true};
    entry.stale_since = now;
    if (available || IsTrialDue(now)) {
      entry.recheck_at = now + kRecheckAfter;
      decision.ask_storage = BeginLookup(shard, key);
    }
    return decision;
  }

  // A token of the entry's bucket, counted. REQUIRES: shard.mu is held; the entry is the key's.
  Admission Take(Shard& shard, const HashedKey& key, ClientEntry& entry, Time now) {
    const Admission admission = entry.Take(now);
    if (entry.untaken != nullptr || BeginCounts(shard, key, entry)) {
      model::ClientCounts& counts = entry.untaken->counts;
      ++(admission.verdict == Verdict::allowed ? counts.allowed : counts.refused);
    }
    return admission;
  }

  // False: there is no room. REQUIRES: as Take.
  bool BeginCounts(Shard& shard, const HashedKey& key, ClientEntry& entry) {
    const bool full = shard.untaken.size() == shard.max_untaken;
    const auto found =
        full ? shard.untaken.find(key) : shard.untaken.try_emplace(std::string(key.text)).first;
    if (found == shard.untaken.end()) {
      uncounted_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    entry.untaken = &found->second;
    entry.untaken->entry = &entry;
    return true;
  }

  // For a client that is not in memory.
  Decision DecideUnknown(Shard& shard, const HashedKey& key, Time now) {
    if (storage_.available()) return {{Verdict::pending, {}}};
    Decision decision;
    if (options_.reject_on_storage_error) {
      decision.admission = Unavailable();
    } else {
      decision.admission = Take(shard, key, InsertProvisional(shard, key, now), now);
    }
    if (IsTrialDue(now)) decision.ask_storage = BeginLookup(shard, key);
    return decision;
  }

  // While storage is away, one look-up a second finds out whether it is back.
  bool IsTrialDue(Time now) {
    Time due = next_trial_.load(std::memory_order_relaxed);
    return now >= due && next_trial_.compare_exchange_strong(due, now + kRecheckAfter);
  }

  // True: there was none under way, and AskStorage() must follow. REQUIRES: shard.mu is held.
  bool BeginLookup(Shard& shard, const HashedKey& key) {
    return shard.lookups.try_emplace(std::string(key.text), Lookup{generation_.load(), {}}).second;
  }

  // REQUIRES: no lock is held; a look-up was begun.
  void AskStorage(std::string client_id) {
    storage_.Get(client_id, [this, client_id](Answer answer) { OnAnswer(client_id, answer); });
  }

  void OnAnswer(const std::string& client_id, const Answer& answer) {
    const HashedKey key(client_id);
    Shard& shard = shards_.Of(key);
    Verdicts verdicts;
    bool ask_again = false;
    {
      const std::lock_guard lock(shard.mu);
      const auto found = shard.lookups.find(key);
      Lookup& lookup = found->second;
      const std::uint32_t generation = generation_.load();
      const bool overtaken = lookup.generation != generation;
      if (answer && overtaken && !lookup.waiters.empty()) {
        lookup.generation = generation;
        ask_again = true;
      } else {
        const Time now = Now();
        ClientEntry* entry = shard.clients.Find(key);
        if (!answer) {
          entry = GoOnWithout(shard, key, entry, lookup.generation, now);
        } else if (!overtaken) {
          if (entry == nullptr) entry = &Insert(shard, key, now);
          entry->SetLimit(OrDefault(*answer), HeldFrom(*entry, generation, now));
          entry->recheck_at = Time{0};
          entry->generation = generation;
        }
        verdicts = TakeForAll(shard, key, std::move(lookup.waiters), entry, now);
        shard.lookups.erase(found);
      }
    }
    if (ask_again) AskStorage(client_id);
    Tell(verdicts);
  }

  // Storage could not answer the look-up of this generation: the limits in use go on (`entry`), or
  // default_limits if none were. nullptr: those are not wanted. REQUIRES: shard.mu is held.
  ClientEntry* GoOnWithout(Shard& shard, const HashedKey& key, ClientEntry* entry,
                           std::uint32_t generation, Time now) {
    if (entry == nullptr) {
      if (options_.reject_on_storage_error) return nullptr;
      entry = &InsertProvisional(shard, key, now);
    }
    entry->stale_since = now;
    entry->recheck_at = now + kRecheckAfter;
    entry->generation = generation;
    return entry;
  }

  // Since when the limits hold that a look-up of this generation has found for this entry.
  Time HeldFrom(const ClientEntry& entry, std::uint32_t generation, Time now) const {
    if (entry.generation == generation) return now;
    return std::max(entry.stale_since, missed_at_.load());
  }

  // The limits of a client of which storage says this.
  const std::optional<model::Limit>& OrDefault(const std::optional<model::Limit>& limit) const {
    return limit ? limit : options_.default_limits;
  }

  ClientEntry& Insert(Shard& shard, const HashedKey& key, Time now) {
    return shard.clients.Insert(key,
                                [now](const ClientEntry& entry) { return entry.IsDroppable(now); });
  }

  // An entry with default_limits, for want of storage's word.
  ClientEntry& InsertProvisional(Shard& shard, const HashedKey& key, Time now) {
    ClientEntry& entry = Insert(shard, key, now);
    entry.SetLimit(options_.default_limits, now);
    entry.recheck_at = now + kRecheckAfter;
    entry.generation = generation_.load();
    return entry;
  }

  static Admission Unavailable() { return {Verdict::unavailable, kRetryUnavailable}; }

  // REQUIRES: the lock of the entry's shard is held.
  Verdicts TakeForAll(Shard& shard, const HashedKey& key, std::vector<Waiter> waiters,
                      ClientEntry* entry, Time now) {
    Verdicts verdicts;
    verdicts.reserve(waiters.size());
    for (Waiter& waiter : waiters) {
      verdicts.emplace_back(std::move(waiter),
                            entry != nullptr ? Take(shard, key, *entry, now) : Unavailable());
    }
    return verdicts;
  }

  static constexpr std::chrono::seconds kRetryUnavailable{1};

  const TokenManagerOptions options_;
  LimitsStorage& storage_;
  const Clock clock_;
  const TimePoint epoch_;
  Sharded<Shard> shards_;
  // Moves on when changes may have been missed: every entry and look-up of before is then stale.
  std::atomic<std::uint32_t> generation_{ClientEntry::kOvertaken + 1};
  std::atomic<Time> missed_at_{Time{0}};  // when it last did
  std::atomic<Time> next_trial_{Time{0}};
  std::atomic<std::uint64_t> uncounted_{0};
  std::size_t next_taken_ = 0;  // TakeCounts' own: the shard that it goes on with
};

TokenManager::TokenManager(TokenManagerOptions options, LimitsStorage& storage, Clock clock)
    : impl_(std::make_unique<Impl>(options, storage, std::move(clock))) {}

TokenManager::~TokenManager() = default;

Admission TokenManager::Admit(std::string_view client_id, TimePoint now) {
  return impl_->Admit(client_id, now);
}

void TokenManager::Await(std::string_view client_id, std::function<void(Admission)> done) {
  impl_->Await(client_id, std::move(done));
}

void TokenManager::Apply(std::string_view client_id, std::optional<model::Limit> limit) {
  impl_->Apply(client_id, limit);
}

void TokenManager::OnLimitChanged(const std::string& client_id) {
  impl_->OnLimitChanged(client_id);
}

void TokenManager::OnChangesMissed() {
  impl_->OnChangesMissed();
}

std::vector<std::pair<std::string, model::ClientCounts>> TokenManager::TakeCounts(
    std::size_t most) {
  return impl_->TakeCounts(most);
}

model::ClientCounts TokenManager::UntakenCountsOf(std::string_view client_id) const {
  return impl_->UntakenCountsOf(client_id);
}

std::uint64_t TokenManager::uncounted() const {
  return impl_->uncounted();
}

BucketCacheStats TokenManager::stats() const {
  return impl_->stats();
}

}  // namespace balancer::service
