#include "internal/service/pool-service/pool_service.hpp"

#include <latch>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "internal/service/pool-service/strategies/least_connections.hpp"
#include "internal/service/pool-service/strategies/round_robin.hpp"

namespace balancer::service {
namespace {

std::vector<model::BackendSettings> Backends(std::vector<int> weights, int rise = 1, int fall = 2) {
  std::vector<model::BackendSettings> backends;
  for (const int weight : weights) {
    backends.emplace_back().weight = weight;
    backends.back().health.rise = rise;
    backends.back().health.fall = fall;
  }
  return backends;
}

// A pool that writes down what it tells: "0 up ok", "0 down refused", "0 failed".
struct Pool {
  std::vector<std::string> told;
  PoolService service;

  explicit Pool(std::vector<model::BackendSettings> backends)
      : service(std::move(backends), std::make_unique<RoundRobin>(), Hooks()) {}

  PoolService::Hooks Hooks() {
    return {.on_turn =
                [this](std::size_t backend, bool up, std::string_view reason) {
                  service.healthy_count();  // would hang if a lock were held
                  told.push_back(std::to_string(backend) + (up ? " up " : " down ") +
                                 std::string(reason));
                },
            .on_connect_failure =
                [this](std::size_t backend) {
                  service.healthy_count();
                  told.push_back(std::to_string(backend) + " failed");
                }};
  }

  std::vector<std::string> Told() { return std::exchange(told, {}); }
  void Pass(std::size_t backend) { service.ReportCheck(backend, true, "ok"); }
  void Fail(std::size_t backend) { service.ReportCheck(backend, false, "bad"); }
  void Refuse(std::size_t backend) { service.ReportConnectFailure(backend, "refused"); }
  bool Serves() { return service.Choose({}).has_value(); }
};

using Lines = std::vector<std::string>;

void PassAll(PoolService& pool) {
  for (std::size_t i = 0; i < pool.size(); ++i) pool.ReportCheck(i, true, "");
}

// Chooses `count` times on each of `threads` threads; returns how often each backend was chosen.
std::vector<int> Spread(PoolService& pool, int threads, int count) {
  std::vector<std::atomic<int>> chosen(pool.size());
  std::latch begin(threads);
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      begin.arrive_and_wait();
      for (int i = 0; i < count; ++i) ++chosen[pool.Choose({}).value().backend()];
    });
  }
  for (std::thread& thread : running) thread.join();
  return {chosen.begin(), chosen.end()};
}

TEST_CASE("Checks are counted by their result; a failed connect is none") {
  Pool pool(Backends({1, 1}));
  pool.Pass(0);
  pool.Pass(0);
  pool.Fail(0);
  pool.Refuse(0);
  const auto lease = pool.service.Choose({});
  CHECK_FALSE(lease.has_value());  // the one is set aside, the other not checked
  const PoolService::Status status = pool.service.status(0);
  CHECK(status.checks_passed == 2);
  CHECK(status.checks_failed == 1);
  CHECK_FALSE(status.healthy);
  CHECK(pool.service.status(1).checks_passed == 0);
}

TEST_CASE("A backend serves nothing before its first check") {
  Pool pool(Backends({1}));
  CHECK_FALSE(pool.Serves());
  CHECK(pool.service.healthy_count() == 0);
  pool.Refuse(0);
  CHECK(pool.Told().empty());
}

TEST_CASE("The first check decides at once") {
  Pool pool(Backends({1, 1}, /*rise=*/3, /*fall=*/3));
  pool.Pass(0);
  pool.Fail(1);
  CHECK(pool.Told() == Lines{"0 up ok", "1 down bad"});
  CHECK(pool.service.healthy(0));
  CHECK_FALSE(pool.service.healthy(1));
  CHECK(pool.service.Choose({}).value().backend() == 0);
}

TEST_CASE("Rise and fall count results in a row, and only turns are told") {
  Pool pool(Backends({1}, /*rise=*/2, /*fall=*/3));
  pool.Pass(0);
  pool.Told();

  pool.Fail(0);
  pool.Fail(0);
  pool.Pass(0);  // begins the count anew
  pool.Fail(0);
  pool.Fail(0);
  CHECK(pool.Told().empty());
  CHECK(pool.Serves());
  pool.Fail(0);
  CHECK(pool.Told() == Lines{"0 down bad"});
  CHECK_FALSE(pool.Serves());

  pool.Fail(0);
  pool.Pass(0);
  pool.Fail(0);
  pool.Pass(0);
  CHECK(pool.Told().empty());
  CHECK_FALSE(pool.Serves());
  pool.Pass(0);
  CHECK(pool.Told() == Lines{"0 up ok"});
  CHECK(pool.Serves());
  pool.Pass(0);
  CHECK(pool.Told().empty());
}

TEST_CASE("A failed connect sets the backend aside until a check passes") {
  Pool pool(Backends({1}, 1, /*fall=*/3));
  pool.Pass(0);
  pool.Told();

  pool.Refuse(0);
  CHECK(pool.Told() == Lines{"0 failed"});
  CHECK(pool.service.healthy(0));
  CHECK_FALSE(pool.Serves());

  pool.Fail(0);
  CHECK_FALSE(pool.Serves());
  pool.Pass(0);
  CHECK(pool.Serves());
  CHECK(pool.Told().empty());
}

TEST_CASE("A failed connect counts as one failed check") {
  Pool pool(Backends({1}, 1, /*fall=*/2));
  pool.Pass(0);
  pool.Told();

  pool.Refuse(0);
  CHECK(pool.Told() == Lines{"0 failed"});

  SECTION("which, with the next, may turn the backend down") {
    pool.Fail(0);
    CHECK(pool.Told() == Lines{"0 down bad"});
  }
  SECTION("however many connects failed") {
    for (int i = 0; i < 100; ++i) pool.Refuse(0);
    CHECK(pool.Told().empty());
    CHECK(pool.service.healthy(0));
  }
  SECTION("and a passed check between two begins the count anew") {
    pool.Pass(0);
    pool.Refuse(0);
    CHECK(pool.Told() == Lines{"0 failed"});
    CHECK(pool.service.healthy(0));
  }
}

TEST_CASE("A failed connect may turn the backend down by itself") {
  Pool pool(Backends({1}, 1, /*fall=*/1));
  pool.Pass(0);
  pool.Told();
  pool.Refuse(0);
  CHECK(pool.Told() == Lines{"0 down refused", "0 failed"});

  pool.Refuse(0);  // late: it is down already
  CHECK(pool.Told().empty());
  pool.Pass(0);
  CHECK(pool.Serves());
}

TEST_CASE("A late failed connect does not hold up a backend that rises") {
  Pool pool(Backends({1}, /*rise=*/2, 1));
  pool.Fail(0);
  pool.Pass(0);
  pool.Refuse(0);
  pool.Pass(0);
  CHECK(pool.Told() == Lines{"0 down bad", "0 up ok"});
  CHECK(pool.Serves());
}

TEST_CASE("Choosing again leaves out what was tried") {
  Pool pool(Backends({1, 1}));
  PassAll(pool.service);
  const std::size_t first[] = {0};
  const std::size_t both[] = {0, 1};
  CHECK(pool.service.Choose(first).value().backend() == 1);
  CHECK_FALSE(pool.service.Choose(both));
}

TEST_CASE("A lease counts as in flight while it lives") {
  Pool pool(Backends({1}));
  pool.Pass(0);
  {
    Lease lease = pool.service.Choose({}).value();
    Lease other = pool.service.Choose({}).value();
    CHECK(pool.service.in_flight(0) == 2);

    other = std::move(lease);
    CHECK(pool.service.in_flight(0) == 1);
    CHECK_FALSE(lease);  // NOLINT(bugprone-use-after-move): what is left there is the point
    CHECK(other);

    other.Release();
    other.Release();
    CHECK(pool.service.in_flight(0) == 0);
    other = pool.service.Choose({}).value();
    CHECK(pool.service.in_flight(0) == 1);
  }
  CHECK(pool.service.in_flight(0) == 0);
}

TEST_CASE("Round robin is exactly even over all threads") {
  PoolService pool(Backends({1, 1, 1}), std::make_unique<RoundRobin>(), {});
  PassAll(pool);
  CHECK(Spread(pool, 4, 750) == std::vector<int>{1000, 1000, 1000});
  CHECK(Spread(pool, 4, 75'000) == std::vector<int>{100'000, 100'000, 100'000});
  CHECK(pool.in_flight(0) == 0);
}

TEST_CASE("Weighted round robin is exact over all threads") {
  PoolService pool(Backends({5, 1, 1}), std::make_unique<RoundRobin>(), {});
  PassAll(pool);
  CHECK(Spread(pool, 4, 700) == std::vector<int>{2000, 400, 400});
}

TEST_CASE("Least connections is exact over all threads") {
  PoolService pool(Backends({2, 1, 1}), std::make_unique<LeastConnections>(), {});
  PassAll(pool);
  std::vector<std::vector<Lease>> held(4);
  std::vector<std::thread> running;
  for (std::vector<Lease>& leases : held) {
    running.emplace_back([&] {
      for (int i = 0; i < 300; ++i) leases.push_back(pool.Choose({}).value());
    });
  }
  for (std::thread& thread : running) thread.join();
  CHECK(pool.in_flight(0) == 600);
  CHECK(pool.in_flight(1) == 300);
  CHECK(pool.in_flight(2) == 300);
}

TEST_CASE("Reports and choices may come from all threads at once") {
  PoolService pool(Backends({1, 2, 3}), std::make_unique<LeastConnections>(), {});
  PassAll(pool);
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < 4; ++t) {
    running.emplace_back([&pool, t] {
      for (std::size_t i = 0; i < 500; ++i) {
        const auto lease = pool.Choose({});
        if (lease && i % 7 == t) pool.ReportConnectFailure(lease->backend(), "refused");
        pool.ReportCheck(i % 3, i % 5 != 0, "");
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  PassAll(pool);
  CHECK(pool.healthy_count() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(pool.in_flight(i) == 0);
}

}  // namespace
}  // namespace balancer::service
