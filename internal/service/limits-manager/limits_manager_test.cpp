#include "internal/service/limits-manager/limits_manager.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_limits_storage.hpp"

using namespace balancer::service;
using balancer::model::ClientLimit;
using balancer::model::ErrorCode;
using balancer::model::Limit;
using balancer::model::Result;
using Verdict = Admission::Verdict;

namespace {

Limit Tokens(std::int64_t capacity) {
  return {capacity, 1e-6};
}

// What came of a change; nothing yet.
struct Outcome {
  LimitsManager::Done<void> done() {
    return [this](Result<void> result) { this->result = std::move(result); };
  }
  bool ok() const { return result && result->has_value(); }
  ErrorCode error() const { return result.value().error().code; }

  std::optional<Result<void>> result;
};

class Plane {
 public:
  Plane() : tokens({.default_limits = Tokens(5)}, storage, clock.AsFunction()) {}

  // How many of 100 requests the client is allowed.
  int Allowed(const std::string& client_id) {
    int allowed = 0;
    for (int i = 0; i < 100; ++i) {
      Admission admission = tokens.Admit(client_id, clock.now());
      if (admission.verdict == Verdict::pending) {
        tokens.Await(client_id, [&](Admission later) { admission = later; });
        storage.AnswerAll();
      }
      allowed += admission.verdict == Verdict::allowed ? 1 : 0;
    }
    return allowed;
  }

  Result<ClientLimit> Get(const std::string& client_id) {
    std::optional<Result<ClientLimit>> found;
    limits.Get(client_id, [&](Result<ClientLimit> result) { found = std::move(result); });
    storage.AnswerAll();
    return found.value();
  }

  FakeLimitsStorage storage;
  ManualClock clock;
  TokenManager tokens;
  LimitsManager limits{storage, tokens};
};

}  // namespace

TEST_CASE("A change is answered after storage, and holds for the very next request") {
  Plane plane;
  Outcome created, updated, deleted;

  plane.limits.Create({"a", Tokens(20)}, created.done());
  CHECK_FALSE(created.result);
  plane.storage.AnswerAll();
  CHECK(created.ok());
  CHECK(plane.Get("a").value() == ClientLimit{"a", Tokens(20)});
  CHECK(plane.Allowed("a") == 20);

  plane.limits.Update({"a", {7, 1e9}}, updated.done());
  plane.storage.AnswerAll();
  CHECK(updated.ok());
  CHECK(plane.Get("a").value().limit == Limit{7, 1e9});
  plane.clock.Advance(std::chrono::milliseconds(1));
  CHECK(plane.Allowed("a") == 7);

  plane.clock.Advance(std::chrono::milliseconds(1));
  plane.limits.Delete("a", deleted.done());
  plane.storage.AnswerAll();
  CHECK(deleted.ok());
  CHECK(plane.Get("a").error().code == ErrorCode::not_found);
  CHECK(plane.Allowed("a") == 5);
}

TEST_CASE("A change is in memory before it is answered") {
  Plane plane;
  plane.storage.Put("a", Tokens(10));
  REQUIRE(plane.Allowed("a") == 10);
  std::optional<Verdict> verdict;
  plane.limits.Update({"a", {10, 1e9}}, [&](Result<void>) {
    plane.clock.Advance(std::chrono::milliseconds(1));
    verdict = plane.tokens.Admit("a", plane.clock.now()).verdict;
  });
  plane.storage.AnswerAll();
  CHECK(verdict == Verdict::allowed);
}

TEST_CASE("What storage refuses is told, and changes nothing in memory") {
  Plane plane;
  plane.storage.Put("a", Tokens(10));
  Outcome create, update, remove;
  plane.limits.Create({"a", Tokens(1)}, create.done());
  plane.limits.Update({"b", Tokens(1)}, update.done());
  plane.limits.Delete("b", remove.done());
  plane.storage.AnswerAll();
  CHECK(create.error() == ErrorCode::already_exists);
  CHECK(update.error() == ErrorCode::not_found);
  CHECK(remove.error() == ErrorCode::not_found);
  CHECK(plane.Allowed("a") == 10);
  CHECK(plane.Allowed("b") == 5);
}

TEST_CASE("While storage fails so do changes, and the client is looked up afresh") {
  Plane plane;
  plane.storage.Put("a", Tokens(10));
  REQUIRE(plane.tokens.size() == 0);
  REQUIRE(plane.Allowed("a") == 10);
  const std::size_t gets = plane.storage.gets();

  const ErrorCode error = GENERATE(ErrorCode::storage_unavailable, ErrorCode::storage_failed);
  plane.storage.Fail(error);
  Outcome update;
  plane.limits.Update({"a", Tokens(1)}, update.done());
  CHECK(plane.Get("a").error().code == error);
  CHECK(update.error() == error);

  plane.storage.Fail(std::nullopt);
  CHECK(plane.tokens.Admit("a", plane.clock.now()).verdict == Verdict::pending);
  plane.Allowed("a");
  CHECK(plane.storage.gets() == gets + 2);
}

TEST_CASE("Availability is storage's") {
  Plane plane;
  CHECK(plane.limits.storage_available());
  plane.storage.GoAway();
  CHECK_FALSE(plane.limits.storage_available());
}

TEST_CASE("Changes of one client go to storage one after the other, in their order") {
  Plane plane;
  std::vector<int> order;
  const auto note = [&](int number) {
    return [&order, number](Result<void> result) { order.push_back(result ? number : -number); };
  };
  plane.limits.Create({"a", Tokens(1)}, note(1));
  plane.limits.Update({"a", Tokens(2)}, note(2));
  plane.limits.Delete("a", note(3));
  plane.limits.Update({"a", Tokens(4)}, note(4));
  plane.limits.Create({"b", Tokens(1)}, note(5));
  CHECK(plane.storage.unanswered() == 2);  // other clients do not wait
  plane.storage.AnswerAll();
  CHECK(order == std::vector<int>{1, 5, 2, 3, -4});
}

TEST_CASE("Of changes by many threads memory has the last that storage has") {
  Plane plane;
  plane.storage.Put("a", Tokens(1));
  REQUIRE(plane.Allowed("a") == 1);
  constexpr int kChanges = 500;
  std::atomic<int> done{0};
  {
    // Several storage threads: their answers may overtake each other.
    const AnsweringThread one(plane.storage), two(plane.storage);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 1; i <= kChanges; ++i) {
          plane.limits.Update({"a", {t * kChanges + i, 1e9}}, [&](Result<void>) { ++done; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    while (done < 3 * kChanges) std::this_thread::yield();
  }
  plane.clock.Advance(std::chrono::milliseconds(1));
  const std::int64_t capacity = plane.Get("a").value().limit.capacity;
  std::int64_t allowed = 0;
  while (plane.tokens.Admit("a", plane.clock.now()).verdict == Verdict::allowed) ++allowed;
  CHECK(allowed == capacity);
}
