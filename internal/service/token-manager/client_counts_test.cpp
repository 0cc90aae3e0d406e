#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_limits_storage.hpp"
#include "internal/service/token-manager/token_manager.hpp"

// How the token manager counts what it decides.

namespace balancer::service {
namespace {

using model::ClientCounts;
using model::Limit;

// A token manager whose storage knows nobody, and requests to it.
class Gate {
 public:
  explicit Gate(TokenManagerOptions options = {.default_limits = Limit{3, 1e-6}})
      : tokens(options, storage, clock.AsFunction()) {}

  void Request(const std::string& client_id, int requests = 1) {
    for (int i = 0; i < requests; ++i) {
      if (tokens.Admit(client_id, clock.now()).verdict != Admission::Verdict::pending) continue;
      tokens.Await(client_id, [](Admission) {});
      storage.AnswerAll();
    }
  }
  // Everything that has not been taken, in batches of so many.
  std::map<std::string, ClientCounts> TakeAll(std::size_t most = 1000) {
    std::map<std::string, ClientCounts> all;
    for (auto taken = tokens.TakeCounts(most); !taken.empty(); taken = tokens.TakeCounts(most)) {
      CHECK(taken.size() <= most);
      for (const auto& [client_id, counts] : taken) all[client_id] += counts;
    }
    return all;
  }

  FakeLimitsStorage storage;
  ManualClock clock;
  TokenManager tokens;
};

using Counts = std::map<std::string, ClientCounts>;

}  // namespace

TEST_CASE("A client's requests are counted as they are decided, those that waited too") {
  Gate gate;
  gate.Request("a", 5);
  gate.Request("b", 1);
  CHECK(gate.tokens.UntakenCountsOf("a") == ClientCounts{3, 2});
  CHECK(gate.TakeAll() == Counts{{"a", {3, 2}}, {"b", {1, 0}}});
}

TEST_CASE("Counts are taken once, and counting goes on") {
  Gate gate;
  gate.Request("a", 4);
  gate.Request("b", 1);
  CHECK(gate.TakeAll(1) == Counts{{"a", {3, 1}}, {"b", {1, 0}}});
  CHECK(gate.TakeAll() == Counts{});
  CHECK(gate.tokens.UntakenCountsOf("a") == ClientCounts{});
  gate.Request("a", 2);
  CHECK(gate.TakeAll() == Counts{{"a", {0, 2}}});
}

TEST_CASE("Changes and look-ups count nothing") {
  Gate gate;
  gate.tokens.Apply("a", Limit{1, 1});
  CHECK(gate.tokens.UntakenCountsOf("a") == ClientCounts{});
  gate.Request("a", 1);
  gate.tokens.Apply("a", Limit{1, 1});
  gate.tokens.OnLimitChanged("a");
  gate.tokens.OnChangesMissed();
  CHECK(gate.TakeAll() == Counts{{"a", {1, 0}}});
}

TEST_CASE("Who is turned away for want of storage is neither allowed nor refused") {
  Gate gate({.default_limits = Limit{3, 1}, .reject_on_storage_error = true});
  gate.storage.GoAway();
  gate.Request("a", 2);
  CHECK(gate.TakeAll() == Counts{});
}

TEST_CASE("A client that is dropped from memory leaves its counts, and goes on with them") {
  Gate gate({.default_limits = Limit{3, 1e-6}, .max_clients = 2});
  for (const char* client_id : {"a", "b", "c", "d", "a"}) gate.Request(client_id, 2);
  CHECK(gate.tokens.size() == 2);
  CHECK(gate.tokens.UntakenCountsOf("b") == ClientCounts{2, 0});
  CHECK(gate.TakeAll() == Counts{{"a", {4, 0}}, {"b", {2, 0}}, {"c", {2, 0}}, {"d", {2, 0}}});
}

TEST_CASE("Without room for more counts a new client is not counted, until some are taken") {
  Gate gate({.default_limits = std::nullopt, .max_clients = 1});
  for (std::size_t i = 0; i < TokenManager::kMinUntaken; ++i) gate.Request(std::to_string(i));
  CHECK(gate.tokens.uncounted() == 0);
  gate.Request("more", 2);
  gate.Request("0");
  CHECK(gate.tokens.uncounted() == 2);
  const Counts taken = gate.TakeAll();
  CHECK(taken.size() == TokenManager::kMinUntaken);
  CHECK(taken.at("0") == ClientCounts{2, 0});
  gate.Request("more");
  CHECK(gate.TakeAll() == Counts{{"more", {1, 0}}});
}

TEST_CASE("Threads that request while others take: every request is counted once") {
  Gate gate({.default_limits = Limit{100, 1e-6}, .max_clients = 50});
  constexpr int kThreads = 3;
  constexpr int kRequests = 20'000;
  constexpr int kClients = 97;
  const AnsweringThread storage_thread(gate.storage);
  std::atomic<int> running{kThreads};
  std::vector<std::thread> threads;
  std::atomic<int> told{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRequests; ++i) {
        const std::string client_id = std::to_string(i * (t + 7) % kClients);
        if (gate.tokens.Admit(client_id, gate.clock.now()).verdict != Admission::Verdict::pending) {
          ++told;
        } else {
          gate.tokens.Await(client_id, [&](Admission) { ++told; });
        }
      }
      --running;
    });
  }
  ClientCounts sum;
  const auto take = [&] {
    for (const auto& [client_id, counts] : gate.TakeAll(10)) sum += counts;
  };
  while (running > 0 || told < kThreads * kRequests) take();
  for (std::thread& thread : threads) thread.join();
  take();
  CHECK(sum.allowed + sum.refused == kThreads * kRequests);
  CHECK(sum.allowed >= 100 * kClients);
}

}  // namespace balancer::service
