#include "internal/service/token-manager/token_manager.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_limits_storage.hpp"

using namespace std::chrono_literals;
using namespace balancer::service;
using balancer::model::ErrorCode;
using balancer::model::Limit;
using Verdict = Admission::Verdict;

namespace {

// No refill to speak of within a test.
Limit Tokens(std::int64_t capacity) {
  return {capacity, 1e-6};
}

// A token manager over a storage that answers when it is told to, and requests to it.
class Gate {
 public:
  explicit Gate(TokenManagerOptions options = {.default_limits = Tokens(5)})
      : tokens(options, storage, clock.AsFunction()) {}

  Verdict Admit(const std::string& client_id) {
    return tokens.Admit(client_id, clock.now()).verdict;
  }

  // A whole request, as the server makes one: it waits where it must, for an answer that is due.
  Verdict Request(const std::string& client_id) {
    const Verdict verdict = Admit(client_id);
    if (verdict != Verdict::pending) return verdict;
    std::optional<Verdict> told;
    tokens.Await(client_id, [&](Admission admission) { told = admission.verdict; });
    storage.AnswerAll();
    REQUIRE(told.has_value());
    return *told;
  }

  // How many of `requests` are allowed.
  int Allowed(const std::string& client_id, int requests = 100) {
    int allowed = 0;
    for (int i = 0; i < requests; ++i) allowed += Request(client_id) == Verdict::allowed ? 1 : 0;
    return allowed;
  }

  FakeLimitsStorage storage;
  ManualClock clock;
  TokenManager tokens;
};

// Requests that wait, and what they were told.
class Waiting {
 public:
  Waiting(Gate& gate, const std::string& client_id, int requests) {
    for (int i = 0; i < requests; ++i) {
      gate.tokens.Await(client_id, [this](Admission admission) { told.push_back(admission); });
    }
  }
  Waiting(const Waiting&) = delete;

  std::size_t Count(Verdict verdict) const {
    std::size_t count = 0;
    for (const Admission& admission : told) count += admission.verdict == verdict ? 1 : 0;
    return count;
  }

  std::vector<Admission> told;
};

}  // namespace

TEST_CASE("A new client's limits are looked up, then its bucket decides") {
  Gate gate;
  gate.storage.Put("a", Tokens(3));
  CHECK(gate.Admit("a") == Verdict::pending);
  CHECK(gate.storage.gets() == 0);  // nothing is asked until somebody waits

  Waiting waiting(gate, "a", 1);
  CHECK(gate.storage.gets() == 1);
  CHECK(waiting.told.empty());
  gate.storage.AnswerAll();
  CHECK(waiting.Count(Verdict::allowed) == 1);

  CHECK(gate.Admit("a") == Verdict::allowed);
  CHECK(gate.Admit("a") == Verdict::allowed);
  CHECK(gate.Admit("a") == Verdict::refused);
  CHECK(gate.storage.gets() == 1);
}

TEST_CASE("A refused request is told when there will be a token") {
  Gate gate;
  gate.storage.Put("a", {1, 0.25});
  REQUIRE(gate.Request("a") == Verdict::allowed);
  const Admission refused = gate.tokens.Admit("a", gate.clock.now());
  CHECK(refused.verdict == Verdict::refused);
  CHECK(refused.retry_after == 4s);
  gate.clock.Advance(4s);
  CHECK(gate.Request("a") == Verdict::allowed);
}

TEST_CASE("A client that storage does not know gets default_limits and is remembered") {
  Gate gate({.default_limits = Tokens(5)});
  CHECK(gate.Allowed("stranger") == 5);
  CHECK(gate.storage.gets() == 1);
  CHECK(gate.tokens.size() == 1);
}

TEST_CASE("Without default_limits unknown clients are unlimited, and remembered within the bound") {
  Gate gate({.default_limits = std::nullopt, .max_clients = 10});
  CHECK(gate.Allowed("stranger", 1000) == 1000);
  CHECK(gate.storage.gets() == 1);
  for (int i = 0; i < 50; ++i) CHECK(gate.Request(std::to_string(i)) == Verdict::allowed);
  CHECK(gate.tokens.size() == 10);
}

TEST_CASE("Clients do not share tokens") {
  Gate gate;
  gate.storage.Put("a", Tokens(1));
  gate.storage.Put("b", Tokens(2));
  CHECK(gate.Allowed("a") == 1);
  CHECK(gate.Allowed("b") == 2);
}

TEST_CASE("A thousand requests wait for one look-up, and share its tokens") {
  Gate gate;
  gate.storage.Put("a", Tokens(10));
  Waiting waiting(gate, "a", 1000);
  CHECK(gate.storage.gets() == 1);
  gate.storage.AnswerAll();
  CHECK(gate.storage.gets() == 1);
  CHECK(waiting.Count(Verdict::allowed) == 10);
  CHECK(waiting.Count(Verdict::refused) == 990);
  CHECK(waiting.told.back().retry_after >= 1s);
}

TEST_CASE("Await answers at once when the limits have come in the meantime") {
  Gate gate;
  REQUIRE(gate.Request("a") == Verdict::allowed);
  const Waiting waiting(gate, "a", 1);
  CHECK(waiting.Count(Verdict::allowed) == 1);
  CHECK(gate.storage.gets() == 1);
}

TEST_CASE("Tokens are taken at the time of the answer") {
  Gate gate;
  gate.storage.Put("a", {1, 1});
  Waiting waiting(gate, "a", 1);
  gate.clock.Advance(10s);
  gate.storage.AnswerAll();
  REQUIRE(waiting.Count(Verdict::allowed) == 1);
  gate.clock.Advance(999ms);
  CHECK(gate.Admit("a") == Verdict::refused);
  gate.clock.Advance(1ms);
  CHECK(gate.Admit("a") == Verdict::allowed);
}

TEST_CASE("A callback may ask again: it is called under no lock") {
  Gate gate;
  Verdict inner = Verdict::unavailable;
  gate.tokens.Await("a", [&](Admission) {
    inner = gate.Admit("a");
    CHECK(gate.tokens.size() == 1);
  });
  gate.storage.AnswerAll();
  CHECK(inner == Verdict::allowed);
}

TEST_CASE("Applied limits hold for the very next request") {
  Gate gate({.default_limits = Tokens(5)});
  gate.storage.Put("a", Tokens(10));
  REQUIRE(gate.Allowed("a", 4) == 4);

  SECTION("with the tokens that the client has") {
    gate.tokens.Apply("a", Tokens(100));
    CHECK(gate.Allowed("a") == 6);
  }
  SECTION("clamped to the new capacity") {
    gate.tokens.Apply("a", Tokens(2));
    CHECK(gate.Allowed("a") == 2);
  }
  SECTION("with the new rate") {
    gate.tokens.Apply("a", Limit{10, 2});
    REQUIRE(gate.Allowed("a") == 6);
    gate.clock.Advance(500ms);
    CHECK(gate.Allowed("a") == 1);
  }
  SECTION("and a deleted client has default_limits") {
    gate.tokens.Apply("a", std::nullopt);
    CHECK(gate.Allowed("a") == 5);
  }
  CHECK(gate.storage.gets() == 1);
}

TEST_CASE("A created client is limited where it was not") {
  Gate gate({.default_limits = std::nullopt});
  REQUIRE(gate.Allowed("a", 100) == 100);
  gate.tokens.Apply("a", Tokens(10));
  CHECK(gate.Allowed("a") == 10);
  gate.tokens.Apply("a", std::nullopt);
  CHECK(gate.Allowed("a") == 100);
}

TEST_CASE("Applying limits of a client that is not in memory takes no memory") {
  Gate gate;
  gate.tokens.Apply("a", Tokens(1));
  CHECK(gate.tokens.size() == 0);
}

TEST_CASE("Applied limits are checked with storage a second later, and no request waits for it") {
  Gate gate;
  gate.storage.Put("a", Tokens(10));
  REQUIRE(gate.Allowed("a", 1) == 1);
  gate.tokens.Apply("a", Tokens(3));  // too late: storage has 10 by now
  gate.clock.Advance(1s);
  CHECK(gate.Admit("a") == Verdict::allowed);
  CHECK(gate.Admit("a") == Verdict::allowed);
  CHECK(gate.storage.gets() == 2);
  gate.storage.AnswerAll();
  gate.clock.Advance(1h);
  gate.tokens.Admit("a", gate.clock.now());
  CHECK(gate.storage.gets() == 2);
}

TEST_CASE("A look-up under way loses against Apply") {
  Gate gate;
  gate.storage.Put("a", Tokens(10));
  Waiting waiting(gate, "a", 20);
  gate.tokens.Apply("a", Tokens(2));
  CHECK(waiting.Count(Verdict::allowed) == 2);
  CHECK(waiting.Count(Verdict::refused) == 18);

  gate.tokens.Apply("a", Limit{1000, 1000});
  gate.storage.AnswerAll();  // 10, of long ago
  gate.clock.Advance(999ms);
  CHECK(gate.Allowed("a", 2000) == 999);
  CHECK(gate.storage.gets() == 1);
}

TEST_CASE("A changed client's next request waits for a fresh look-up, tokens kept") {
  Gate gate;
  gate.storage.Put("a", Tokens(10));
  REQUIRE(gate.Allowed("a", 4) == 4);
  gate.storage.Put("a", Tokens(3));
  gate.tokens.OnLimitChanged("a");
  CHECK(gate.Admit("a") == Verdict::pending);
  CHECK(gate.Allowed("a") == 3);
  CHECK(gate.storage.gets() == 2);
}

TEST_CASE("A changed client's bucket fills anew since the change was heard of") {
  Gate gate;
  const bool by_name = GENERATE(true, false);
  gate.storage.Put("a", Tokens(10));
  REQUIRE(gate.Allowed("a") == 10);
  gate.clock.Advance(100s);
  gate.storage.Put("a", {10, 1});
  by_name ? gate.tokens.OnLimitChanged("a") : gate.tokens.OnChangesMissed();
  gate.clock.Advance(3s);

  SECTION("however late the next request comes") {
    CHECK(gate.Allowed("a") == 3);
  }
  SECTION("but not for the time in which it was used all the same, storage being away") {
    gate.storage.GoAway();
    gate.Admit("b");  // has the trial of storage
    REQUIRE(gate.Admit("a") == Verdict::refused);
    gate.storage.ComeBack();
    gate.clock.Advance(2s);
    CHECK(gate.Allowed("a") == 2);
  }
  SECTION("but not for the time in which other limits were applied") {
    gate.tokens.Apply("a", Tokens(10));
    gate.clock.Advance(2s);
    CHECK(gate.Allowed("a") == 2);
  }
  SECTION("but not for the time before a look-up that failed") {
    gate.storage.Fail(ErrorCode::storage_failed);
    REQUIRE(gate.Request("a") == Verdict::refused);
    gate.storage.Fail(std::nullopt);
    gate.tokens.OnLimitChanged("a");
    gate.clock.Advance(2s);
    CHECK(gate.Allowed("a") == 2);
  }
}

TEST_CASE("A change of an unknown client is nothing") {
  Gate gate;
  gate.tokens.OnLimitChanged("a");
  CHECK(gate.tokens.size() == 0);
  CHECK(gate.storage.gets() == 0);
}

TEST_CASE("A look-up that a change notice overtakes is made again") {
  Gate gate;
  gate.storage.Put("a", Tokens(10));
  Waiting waiting(gate, "a", 20);
  gate.storage.Put("a", Tokens(3));
  SECTION("of this client") {
    gate.tokens.OnLimitChanged("a");
  }
  SECTION("of perhaps any client") {
    gate.tokens.OnChangesMissed();
  }
  REQUIRE(gate.storage.AnswerOne());
  CHECK(waiting.told.empty());
  CHECK(gate.storage.gets() == 2);
  gate.storage.AnswerAll();
  CHECK(waiting.Count(Verdict::allowed) == 3);
  CHECK(waiting.told.size() == 20);
  CHECK(gate.storage.gets() == 2);
}

TEST_CASE("After changes may have been missed every client is looked up again") {
  Gate gate;
  for (const char* id : {"a", "b"}) {
    gate.storage.Put(id, Tokens(10));
    REQUIRE(gate.Request(id) == Verdict::allowed);
    gate.storage.Put(id, Tokens(3));
  }
  gate.tokens.OnChangesMissed();
  for (const char* id : {"a", "b"}) {
    CHECK(gate.Admit(id) == Verdict::pending);
    CHECK(gate.Allowed(id) == 3);
  }
  CHECK(gate.storage.gets() == 4);
}

TEST_CASE("A stale client whose look-up fails goes on with its old limits") {
  Gate gate({.default_limits = Tokens(1), .reject_on_storage_error = GENERATE(false, true)});
  gate.storage.Put("a", Tokens(10));
  REQUIRE(gate.Allowed("a", 4) == 4);
  gate.tokens.OnLimitChanged("a");
  gate.storage.Fail(ErrorCode::storage_failed);
  CHECK(gate.Allowed("a") == 6);
  CHECK(gate.storage.gets() == 2);
  gate.clock.Advance(1s);
  CHECK(gate.Admit("a") == Verdict::refused);
  CHECK(gate.storage.gets() == 3);
}

TEST_CASE("While storage is away known clients go on") {
  Gate gate({.default_limits = Tokens(1), .reject_on_storage_error = GENERATE(false, true)});
  gate.storage.Put("a", Tokens(10));
  REQUIRE(gate.Allowed("a", 4) == 4);
  gate.storage.GoAway();
  CHECK(gate.Allowed("a", 3) == 3);
  CHECK(gate.storage.gets() == 1);
  gate.tokens.OnLimitChanged("a");
  CHECK(gate.Admit("a") == Verdict::allowed);  // stale, but not kept waiting

  gate.storage.Put("a", Tokens(1));
  gate.storage.ComeBack();
  gate.storage.AnswerAll();  // of the trial, from while it was away
  gate.tokens.OnChangesMissed();
  CHECK(gate.Admit("a") == Verdict::pending);
  CHECK(gate.Allowed("a") == 1);
}

TEST_CASE("While storage fails, unknown clients get default_limits") {
  Gate gate({.default_limits = Tokens(5)});
  gate.storage.Put("a", Tokens(100));
  gate.storage.Fail(ErrorCode::storage_unavailable);

  Waiting waiting(gate, "a", 3);
  gate.storage.AnswerAll();
  CHECK(waiting.Count(Verdict::allowed) == 3);
  CHECK(gate.Allowed("a") == 2);

  SECTION("and are looked up again at most once a second, with no request waiting") {
    CHECK(gate.storage.gets() == 1);
    for (int second = 1; second <= 5; ++second) {
      gate.clock.Advance(1s);
      CHECK(gate.Admit("a") == Verdict::refused);
      CHECK(gate.Admit("a") == Verdict::refused);
      CHECK(gate.storage.gets() == 1U + second);
      gate.storage.AnswerAll();
    }
  }
  SECTION("but never twice at a time") {
    gate.clock.Advance(1s);
    gate.Admit("a");
    gate.clock.Advance(10s);
    gate.Admit("a");
    CHECK(gate.storage.gets() == 2);
  }
  SECTION("until storage is well") {
    gate.storage.Fail(std::nullopt);
    gate.clock.Advance(1s);
    CHECK(gate.Admit("a") == Verdict::refused);
    gate.storage.AnswerAll();
    gate.tokens.Apply("a", Limit{100, 1000});
    gate.clock.Advance(1s);
    CHECK(gate.Allowed("a", 200) == 100);
  }
}

TEST_CASE("Without default_limits clients are unlimited while storage fails") {
  Gate gate({.default_limits = std::nullopt});
  gate.storage.Put("a", Tokens(1));
  SECTION("unexpectedly") {
    gate.storage.Fail(ErrorCode::storage_failed);
  }
  SECTION("as is known") {
    gate.storage.GoAway();
  }
  CHECK(gate.Allowed("a") == 100);
}

TEST_CASE("Known to be away, storage keeps no unknown client waiting") {
  Gate gate({.default_limits = Tokens(5)});
  gate.storage.GoAway();
  for (int i = 0; i < 100; ++i) CHECK(gate.Admit(std::to_string(i)) == Verdict::allowed);
  CHECK(gate.storage.gets() == 1);  // one look-up a second tries whether it is back
  gate.storage.AnswerAll();
  gate.clock.Advance(1s);
  for (int i = 0; i < 100; ++i) CHECK(gate.Admit(std::to_string(i)) == Verdict::allowed);
  CHECK(gate.storage.gets() == 2);

  gate.storage.ComeBack();
  gate.tokens.OnChangesMissed();
  CHECK(gate.Admit("7") == Verdict::pending);
}

TEST_CASE("With `reject`, unknown clients are turned away while storage is away") {
  Gate gate({.default_limits = Tokens(5), .reject_on_storage_error = true});
  gate.storage.Put("a", Tokens(10));

  SECTION("when the look-up fails") {
    gate.storage.Fail(ErrorCode::storage_unavailable);
    Waiting waiting(gate, "a", 3);
    gate.storage.AnswerAll();
    CHECK(waiting.Count(Verdict::unavailable) == 3);
    CHECK(waiting.told.front().retry_after == 1s);
    gate.storage.Fail(std::nullopt);
    CHECK(gate.Allowed("a") == 10);
  }
  SECTION("at once when it is known, but for a trial a second") {
    gate.storage.GoAway();
    for (int i = 0; i < 10; ++i) CHECK(gate.Admit("a") == Verdict::unavailable);
    CHECK(gate.storage.gets() == 1);
    gate.storage.AnswerAll();
    gate.storage.Fail(std::nullopt);  // back, though nobody has noticed yet
    gate.clock.Advance(1s);
    CHECK(gate.Admit("a") == Verdict::unavailable);
    gate.storage.AnswerAll();
    CHECK(gate.Allowed("a") == 10);
  }
  SECTION("also those who come to wait after it went") {
    CHECK(gate.Admit("a") == Verdict::pending);
    gate.storage.GoAway();
    const Waiting waiting(gate, "a", 1);
    CHECK(waiting.Count(Verdict::unavailable) == 1);
  }
}

TEST_CASE("A look-up that fails after a change notice leaves the client stale") {
  Gate gate({.default_limits = Tokens(5)});
  gate.storage.Put("a", Tokens(3));
  gate.storage.Fail(ErrorCode::storage_unavailable);
  Waiting waiting(gate, "a", 1);
  gate.storage.Fail(std::nullopt);
  gate.tokens.OnChangesMissed();
  gate.storage.AnswerAll();
  CHECK(waiting.Count(Verdict::allowed) == 1);
  CHECK(gate.Admit("a") == Verdict::pending);
  CHECK(gate.Allowed("a") == 3);
}

TEST_CASE("No more than max_clients buckets are kept") {
  const std::size_t max_clients = GENERATE(1, 2, 10, 100);
  Gate gate({.default_limits = Tokens(5), .max_clients = max_clients});
  for (std::size_t i = 0; i < max_clients; ++i) gate.Request(std::to_string(i));
  CHECK(gate.tokens.size() == max_clients);
  CHECK(gate.Admit("0") == Verdict::allowed);  // none was dropped
  for (int i = 0; i < 300; ++i) gate.Request("more" + std::to_string(i));
  CHECK(gate.tokens.size() == max_clients);
}

TEST_CASE("Full buckets make room first, then the coldest") {
  Gate gate({.default_limits = Tokens(5), .max_clients = 3});
  gate.storage.Put("quick", {5, 1000});
  gate.Request("cold");
  gate.Request("warm");
  gate.Request("quick");
  gate.clock.Advance(1s);

  gate.Request("new");
  CHECK(gate.Admit("cold") == Verdict::allowed);
  CHECK(gate.Admit("new") == Verdict::allowed);
  CHECK(gate.Admit("quick") == Verdict::pending);

  gate.Request("newer");
  CHECK(gate.Admit("warm") == Verdict::pending);
}

TEST_CASE("Hits, misses and evictions are counted, whoever waits") {
  Gate gate({.default_limits = Tokens(5), .max_clients = 2});
  CHECK(gate.Request("a") == Verdict::allowed);  // asks twice: Admit, then Await
  CHECK(gate.Request("a") == Verdict::allowed);
  CHECK(gate.Request("b") == Verdict::allowed);
  CHECK(gate.Request("c") == Verdict::allowed);
  const BucketCacheStats stats = gate.tokens.stats();
  CHECK(stats.size == 2);
  CHECK(stats.hits == 1);
  CHECK(stats.misses == 3);
  CHECK(stats.evictions == 1);
}

TEST_CASE("A client without a token is a hit, one that must be looked up again is a miss") {
  Gate gate({.default_limits = Tokens(1)});
  CHECK(gate.Request("a") == Verdict::allowed);
  CHECK(gate.Request("a") == Verdict::refused);
  CHECK(gate.tokens.stats().hits == 1);
  gate.tokens.OnChangesMissed();
  CHECK(gate.Request("a") == Verdict::refused);
  CHECK(gate.tokens.stats().hits == 1);
  CHECK(gate.tokens.stats().misses == 2);
  gate.storage.GoAway();
  CHECK(gate.Request("a") == Verdict::refused);
  CHECK(gate.Request("new") == Verdict::allowed);
  CHECK(gate.tokens.stats().hits == 2);
  CHECK(gate.tokens.stats().misses == 3);
}

TEST_CASE("Look-ups in progress are not lost, however many more than max_clients") {
  Gate gate({.default_limits = Tokens(5), .max_clients = 2});
  std::vector<std::unique_ptr<Waiting>> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.push_back(std::make_unique<Waiting>(gate, std::to_string(i), 2));
  }
  CHECK(gate.storage.gets() == 50);
  gate.storage.AnswerAll();
  for (const auto& one : waiting) CHECK(one->Count(Verdict::allowed) == 2);
  CHECK(gate.tokens.size() == 2);
}

TEST_CASE("Threads hammering one client get exactly its tokens, through changes and look-ups") {
  Gate gate({.default_limits = Tokens(5)});
  gate.storage.Put("a", Tokens(1000));
  REQUIRE(gate.Request("a") == Verdict::allowed);
  constexpr int kThreads = 4;
  constexpr int kRequests = 5'000;
  std::atomic<int> allowed{0};
  std::atomic<int> told{0};
  {
    const AnsweringThread storage_thread(gate.storage);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kRequests; ++i) {
          const auto done = [&](Admission admission) {
            allowed += admission.verdict == Verdict::allowed ? 1 : 0;
            ++told;
          };
          const Admission admission = gate.tokens.Admit("a", gate.clock.now());
          if (admission.verdict == Verdict::pending) {
            gate.tokens.Await("a", done);
          } else {
            done(admission);
          }
        }
      });
    }
    // Changes that take nothing away and give nothing.
    for (int i = 0; i < 200; ++i) {
      gate.tokens.Apply("a", Tokens(1000 + i));
      gate.storage.Put("a", Tokens(2000 + i));
      gate.tokens.OnLimitChanged("a");
      if (i % 20 == 0) gate.tokens.OnChangesMissed();
      std::this_thread::yield();
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(told == kThreads * kRequests);
  CHECK(allowed == 999);
}

TEST_CASE("Threads with many clients, in a small memory, all get their answers") {
  Gate gate({.default_limits = Tokens(1'000'000), .max_clients = 50});
  constexpr int kThreads = 4;
  constexpr int kRequests = 5'000;
  std::atomic<int> allowed{0};
  {
    const AnsweringThread storage_thread(gate.storage);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRequests; ++i) {
          const std::string id = std::to_string(i * (t + 7) % 97);
          if (i % 100 == 0) gate.tokens.OnLimitChanged(id);
          const Admission admission = gate.tokens.Admit(id, gate.clock.now());
          if (admission.verdict == Verdict::allowed) ++allowed;
          if (admission.verdict == Verdict::pending) {
            gate.tokens.Await(id, [&](Admission later) {
              if (later.verdict == Verdict::allowed) ++allowed;
            });
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(allowed == kThreads * kRequests);
  CHECK(gate.tokens.size() <= 50);
}
