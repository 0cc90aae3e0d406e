#include "internal/service/request-counter/request_counter.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_counts_storage.hpp"
#include "internal/service/interfaces/fake_limits_storage.hpp"

namespace balancer::service {
namespace {

using model::ClientCounts;
using model::ErrorCode;
using Health = FakeCountsStorage::Health;
using namespace std::chrono_literals;

// A balancer, as far as counting goes.
class Instance {
 public:
  explicit Instance(FakeCountsStorage& storage) : storage_(storage) {}

  void Request(const std::string& client_id, int requests = 1) {
    for (int i = 0; i < requests; ++i) {
      ++requests_;
      if (tokens_.Admit(client_id, clock_.now()).verdict != Admission::Verdict::pending) continue;
      tokens_.Await(client_id, [](Admission) {});
      limits_.AnswerAll();
    }
  }
  // Not told to which client: malformed.
  void RequestOfNobody() { ++requests_; }

  void Flush() {
    counter.Flush();
    storage_.AnswerAll();
  }
  // nullopt: storage does not answer.
  std::optional<std::uint64_t> Requests() {
    std::optional<std::uint64_t> count;
    counter.GetRequests([&](const model::Result<model::RequestCount>& found) {
      if (found) count = found->count;
    });
    storage_.AnswerAll();
    return count;
  }
  model::Result<ClientCounts> Client(const std::string& client_id) {
    std::optional<model::Result<ClientCounts>> answer;
    counter.GetClient(client_id, [&](auto found) { answer = std::move(found); });
    storage_.AnswerAll();
    REQUIRE(answer.has_value());
    return *answer;
  }

 private:
  FakeCountsStorage& storage_;
  FakeLimitsStorage limits_;
  ManualClock clock_;
  TokenManager tokens_{{.default_limits = model::Limit{3, 1e-6}}, limits_, clock_.AsFunction()};
  std::atomic<std::uint64_t> requests_{0};

 public:
  RequestCounter counter{storage_, tokens_, [this] { return requests_.load(); }};
};

}  // namespace

TEST_CASE("Counts are told before they are written, and are the same after") {
  FakeCountsStorage storage;
  Instance instance(storage);
  instance.Request("a", 5);
  instance.RequestOfNobody();
  for (int i = 0; i < 2; ++i) {
    CHECK(instance.Requests() == 6);
    CHECK(instance.Client("a").value() == ClientCounts{3, 2});
    CHECK(storage.requests() == (i == 0 ? 0 : 6));
    instance.Flush();
  }
  CHECK(storage.clients().at("a") == ClientCounts{3, 2});
}

TEST_CASE("What was written is not written again") {
  FakeCountsStorage storage;
  Instance instance(storage);
  instance.Request("a");
  instance.Flush();
  instance.counter.Flush();
  CHECK_FALSE(storage.AnswerOne());
  instance.Request("a");
  instance.Flush();
  CHECK(storage.requests() == 2);
  CHECK(storage.clients().at("a") == ClientCounts{2, 0});
}

TEST_CASE("A client that never came is not found, and is not made by asking") {
  FakeCountsStorage storage;
  Instance instance(storage);
  CHECK(instance.Client("a").error().code == ErrorCode::not_found);
  instance.Flush();
  CHECK(storage.clients().empty());
}

TEST_CASE("Flushes that fail, each while the next is due, keep nobody who asks waiting") {
  FakeCountsStorage storage;
  storage.Become(Health::away);
  Instance instance(storage);
  instance.Request("a");
  instance.counter.Flush();
  bool answered = false;
  instance.counter.GetRequests([&](const auto&) { answered = true; });
  for (int i = 0; i < 2; ++i) {
    instance.counter.Flush();
    storage.AnswerOne();
  }
  CHECK(answered);
  storage.AnswerAll();
}

TEST_CASE("While storage is away counts wait; when it is back one flush writes all") {
  FakeCountsStorage storage;
  Instance instance(storage);
  storage.Become(Health::away);
  for (int i = 0; i < 4; ++i) {
    instance.Request("a");
    instance.Flush();
  }
  CHECK(instance.Requests() == std::nullopt);
  CHECK(instance.Client("a").error().code == ErrorCode::storage_unavailable);
  storage.Become(Health::well);
  CHECK(instance.Requests() == 4);
  CHECK(instance.Client("a").value() == ClientCounts{3, 1});
  instance.Flush();
  CHECK(storage.requests() == 4);
  CHECK(storage.clients().at("a") == ClientCounts{3, 1});
}

TEST_CASE("A write that storage made but did not confirm is counted once") {
  FakeCountsStorage storage;
  Instance instance(storage);
  instance.Request("a", 2);
  storage.Become(Health::in_doubt);
  instance.Flush();
  REQUIRE(storage.requests() == 2);
  storage.Become(Health::well);
  instance.Request("a", 2);
  CHECK(instance.Requests() == 4);
  CHECK(instance.Client("a").value() == ClientCounts{3, 1});
  instance.Flush();
  CHECK(storage.requests() == 4);
  CHECK(storage.clients().at("a") == ClientCounts{3, 1});
}

TEST_CASE("A flush and questions that come during a write go after it") {
  FakeCountsStorage storage;
  Instance instance(storage);
  instance.Request("a");
  instance.counter.Flush();
  instance.Request("a");
  instance.counter.Flush();
  std::uint64_t told = 0;
  instance.counter.GetRequests([&](const auto& found) { told = found->count; });
  instance.Request("a");
  CHECK(told == 0);
  storage.AnswerAll();
  CHECK(told == 3);
  CHECK(storage.requests() == 3);
}

TEST_CASE("Instances on one storage add up") {
  FakeCountsStorage storage;
  Instance here(storage);
  Instance there(storage);
  here.Request("a", 2);
  there.Request("a", 5);
  there.Flush();
  CHECK(here.Requests() == 7);
  CHECK(here.Client("a").value() == ClientCounts{5, 2});
  here.Flush();
  CHECK(there.Requests() == 7);
}

TEST_CASE("Many clients go in batches, all within one flush") {
  FakeCountsStorage storage;
  Instance instance(storage);
  constexpr int kClients = 2 * RequestCounter::kBatchClients + 1;
  for (int i = 0; i < kClients; ++i) instance.Request(std::to_string(i));
  instance.Flush();
  CHECK(storage.clients().size() == kClients);
  CHECK(storage.requests() == kClients);
  CHECK(storage.largest_batch() == RequestCounter::kBatchClients);
}

TEST_CASE("The last flush waits until all is written, or its time is over") {
  FakeCountsStorage storage;
  Instance instance(storage);
  std::atomic<bool> stop{false};
  std::thread storage_thread([&] {
    while (!stop) {
      if (!storage.AnswerOne()) std::this_thread::yield();
    }
  });
  CHECK(instance.counter.FlushAndWait(10s));

  storage.Become(Health::away);
  instance.Request("a");
  CHECK_FALSE(instance.counter.FlushAndWait(1ms));
  instance.Request("a");
  storage.Become(Health::well);
  CHECK(instance.counter.FlushAndWait(10s));
  stop = true;
  storage_thread.join();
  CHECK(storage.requests() == 2);
  CHECK(storage.clients().at("a") == ClientCounts{2, 0});

  INFO("nobody answers");
  instance.Request("a");
  CHECK_FALSE(instance.counter.FlushAndWait(1ms));
  storage.AnswerAll();
}

}  // namespace balancer::service
