#include "internal/repository/storage_threads.hpp"

#include <catch2/catch.hpp>
#include <numeric>
#include <semaphore>

#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ErrorCode;
using balancer::model::Fail;
using balancer::model::Limit;
using balancer::model::Result;
using testing::Eventually;

namespace {

// What the test does to the store that the threads work on.
struct Control {
  std::atomic<bool> up{true};
  std::atomic<bool> opens{true};  // whether the watcher can open
  std::atomic<bool> slow{false};  // Get waits for `let_go`
  std::counting_semaphore<> let_go{0};
  std::atomic<int> asked{0};
  std::atomic<int> opened{0};
  std::atomic<bool> interrupted{false};
};

Result<void> Answer(bool up) {
  if (!up) return Fail(ErrorCode::storage_unavailable);
  return {};
}

class FakeStore : public LimitsStore {
 public:
  explicit FakeStore(Control& control) : control_(control) {}

  Result<std::optional<Limit>> Get(const std::string&) override {
    ++control_.asked;
    if (control_.slow) control_.let_go.acquire();
    if (!control_.up) return Fail(ErrorCode::storage_unavailable);
    return Limit{1, 1};
  }
  Result<void> Create(const balancer::model::ClientLimit&) override { return Answer(control_.up); }
  Result<void> Update(const balancer::model::ClientLimit&) override { return Answer(control_.up); }
  Result<void> Delete(const std::string&) override { return Answer(control_.up); }
  Result<std::optional<std::string>> GetSetting(const std::string&) override {
    if (!control_.up) return Fail(ErrorCode::storage_unavailable);
    return std::nullopt;
  }
  Result<std::optional<std::int64_t>> PutSetting(const std::string&, const std::string&) override {
    if (!control_.up) return Fail(ErrorCode::storage_unavailable);
    return std::nullopt;
  }
  Result<void> AddCounts(const balancer::service::CountBatch&) override {
    return Answer(control_.up);
  }
  Result<balancer::service::KeptRequests> GetRequestCount(const std::string&) override {
    return balancer::service::KeptRequests{};
  }
  Result<balancer::service::KeptClient> GetClientCounts(const std::string&,
                                                        const std::string&) override {
    return balancer::service::KeptClient{};
  }
  Result<void> Ping() override { return Answer(control_.up); }

 private:
  Control& control_;
};

class FakeWatcher : public ChangeWatcher {
 public:
  explicit FakeWatcher(Control& control) : control_(control) {}

  Result<void> Open() override {
    ++control_.opened;
    return Answer(control_.up && control_.opens);
  }
  Result<void> Ping() override { return Answer(control_.up); }
  Result<void> Collect(const Listener&) override { return {}; }
  int descriptor() const override { return -1; }
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(10); }
  void Interrupt() override {
    control_.interrupted = true;
    control_.slow = false;
    control_.let_go.release(1000);
  }

 private:
  Control& control_;
};

// Storage over one fake store, and what became of the calls.
struct Fixture {
  Fixture() {
    std::vector<std::unique_ptr<LimitsStore>> stores;
    stores.push_back(std::make_unique<FakeStore>(control));
    storage =
        std::make_unique<StorageThreads>(std::move(stores), std::make_unique<FakeWatcher>(control),
                                         std::make_shared<OutageLog>("the fake"));
  }

  void Start() { REQUIRE(storage->Start(std::chrono::seconds(10))); }

  void Get() {
    storage->Get("a", [this](Result<std::optional<Limit>> answer) {
      if (inside) called_inside = true;
      if (answer) ++answered;
      if (!answer && answer.error().code == ErrorCode::storage_unavailable) ++refused;
    });
  }

  Control control;
  std::unique_ptr<StorageThreads> storage;
  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  static thread_local bool inside;
  std::atomic<bool> called_inside{false};
};

thread_local bool Fixture::inside = false;

}  // namespace

TEST_CASE("every call is completed once, on a thread of storage") {
  Fixture f;
  f.Start();
  Fixture::inside = true;
  for (int i = 0; i < 100; ++i) f.Get();
  Fixture::inside = false;
  CHECK(Eventually([&] { return f.answered == 100; }));
  CHECK_FALSE(f.called_inside);
  f.storage->Stop();
  CHECK(f.answered == 100);
  CHECK(f.refused == 0);
}

TEST_CASE("calls over the bound are refused while the queue waits") {
  Fixture f;
  f.control.slow = true;
  f.Start();
  f.Get();
  REQUIRE(Eventually([&] { return f.control.asked == 1; }));
  for (std::size_t i = 0; i < StorageThreads::kMaxQueued; ++i) f.Get();
  Fixture::inside = true;
  for (int i = 0; i < 5; ++i) f.Get();
  Fixture::inside = false;
  CHECK(Eventually([&] { return f.refused == 5; }));
  CHECK_FALSE(f.called_inside);
  CHECK(f.answered == 0);
  f.control.slow = false;
  f.control.let_go.release();
  CHECK(Eventually([&] { return f.answered == StorageThreads::kMaxQueued + 1; }));
}

TEST_CASE("when the store goes away, what is queued behind a call that hangs fails at once") {
  Fixture f;
  f.Start();
  f.control.slow = true;
  f.Get();
  REQUIRE(Eventually([&] { return f.control.asked == 1; }));
  for (int i = 0; i < 10; ++i) f.Get();
  f.control.up = false;
  CHECK(Eventually([&] { return f.refused == 10; }));
  CHECK(f.control.asked == 1);
  CHECK_FALSE(f.storage->available());
  f.Get();
  CHECK(Eventually([&] { return f.refused == 11; }));
  CHECK(f.control.asked == 1);

  f.control.slow = false;
  f.control.let_go.release();
  CHECK(Eventually([&] { return f.refused == 12; }));
  f.control.up = true;
  CHECK(Eventually([&] { return f.storage->available(); }));
  f.Get();
  CHECK(Eventually([&] { return f.answered == 1; }));
}

TEST_CASE("without traffic, storage still knows whether the store answers") {
  Fixture f;
  f.Start();
  CHECK(f.storage->available());
  f.control.up = false;
  CHECK(Eventually([&] { return !f.storage->available(); }));
  f.control.up = true;
  CHECK(Eventually([&] { return f.storage->available(); }));
}

TEST_CASE("a store that cannot be opened is asked nothing, and tried with back-off") {
  Fixture f;
  f.control.opens = false;
  CHECK_FALSE(f.storage->Start(std::chrono::seconds(10)));
  f.Get();
  CHECK(Eventually([&] { return f.refused == 1; }));
  CHECK(f.control.asked == 0);
  REQUIRE(Eventually([&] { return f.control.opened >= 4; }));
  f.control.opens = true;
  CHECK(Eventually([&] { return f.storage->available(); }));
  CHECK(f.control.opened < 10);
}

TEST_CASE("what the store was asked is timed, and what fails is counted") {
  Fixture f;
  f.control.slow = true;
  f.Start();
  const auto asked = [&] {
    balancer::model::DurationCounts counts;
    f.storage->traffic().durations.AddTo(counts);
    return std::accumulate(counts.buckets.begin(), counts.buckets.end(), std::uint64_t{0});
  };
  for (int i = 0; i < 3; ++i) f.Get();
  CHECK(asked() == 0);
  f.control.let_go.release(3);
  REQUIRE(Eventually([&] { return f.answered == 3; }));
  CHECK(asked() == 3);
  CHECK(f.storage->traffic().unavailable.value() == 0);

  f.control.up = false;
  f.Get();
  f.control.let_go.release();
  REQUIRE(Eventually([&] { return f.refused == 1; }));
  REQUIRE(Eventually([&] { return !f.storage->available(); }));
  const auto before = asked();
  f.Get();  // not asked at all
  REQUIRE(Eventually([&] { return f.refused == 2; }));
  CHECK(asked() == before);
  CHECK(f.storage->traffic().unavailable.value() == 2);
  CHECK(f.storage->traffic().failed.value() == 0);
}

TEST_CASE("stopping completes what waits and interrupts what hangs") {
  Fixture f;
  f.control.slow = true;
  f.Start();
  f.Get();
  REQUIRE(Eventually([&] { return f.control.asked == 1; }));
  for (int i = 0; i < 10; ++i) f.Get();
  f.storage->Stop();
  CHECK(f.control.interrupted);
  CHECK(f.refused == 10);
  CHECK(f.answered == 1);
  f.Get();
  CHECK(f.refused == 11);
  CHECK_FALSE(f.storage->available());
  f.storage->Stop();
}
