#include "internal/service/pool-service/strategies/round_robin.hpp"

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>

#include "internal/service/pool-service/strategies/strategy_test_helper.hpp"

namespace balancer::service {
namespace {

Table RoundRobinOver(std::vector<int> weights) {
  return Table(std::make_unique<RoundRobin>(), std::move(weights));
}

TEST_CASE("Round robin goes round") {
  auto table = RoundRobinOver({1, 1, 1});
  CHECK(table.Turns(10) == "abcabcabca");
}

TEST_CASE("Round robin takes smooth weighted turns") {
  auto heavy = RoundRobinOver({5, 1, 1});
  CHECK(heavy.Turns(14) == "aabacaaaabacaa");

  SECTION("a common divisor of the weights changes nothing") {
    auto scaled = RoundRobinOver({1000, 200, 200});
    CHECK(scaled.Turns(14) == "aabacaaaabacaa");
  }
}

TEST_CASE("Weights hold over a cycle too long to be taken down") {
  auto table = RoundRobinOver({997, 991, 983, 977, 971, 967});
  const std::string turns = table.Turns(2 * (997 + 991 + 983 + 977 + 971 + 967));
  CHECK(std::ranges::count(turns, 'a') == 2 * 997);
  CHECK(std::ranges::count(turns, 'f') == 2 * 967);
  CHECK(table.Turns(6) == turns.substr(0, 6));
}

TEST_CASE("Round robin passes over what was tried") {
  auto table = RoundRobinOver({1, 1, 1});
  CHECK(table.Choose() == 'a');
  CHECK(table.Choose("a") == 'b');
  CHECK(table.Choose("ab") == 'c');
  CHECK(table.Choose("abc") == '-');
  CHECK(table.Choose("a") == 'b');
  CHECK(table.Turns(4) == "cabc");

  SECTION("a heavy one too") {
    auto heavy = RoundRobinOver({1000, 1});
    CHECK(heavy.Choose("a") == 'b');
    CHECK(heavy.Choose("b") == 'a');
  }
}

TEST_CASE("Round robin over nothing chooses nothing") {
  auto table = RoundRobinOver({1, 1});
  table.SetUp("");
  CHECK(table.Choose() == '-');
  table.SetUp("b");
  CHECK(table.Turns(2) == "bb");
}

TEST_CASE("Round robin goes on where it was when backends come and go") {
  auto table = RoundRobinOver({1, 1, 1});
  CHECK(table.Turns(1) == "a");
  table.SetUp("ab");
  CHECK(table.Turns(2) == "ba");
  table.SetUp("abc");
  CHECK(table.Turns(5) == "bcabc");

  SECTION("also from a cycle that was played back") {
    CHECK(table.Turns(2) == "ab");
    table.SetUp("ac");
    CHECK(table.Turns(3) == "cac");
  }

  SECTION("so one that flaps gives nobody a burst") {
    std::map<char, int> chosen;
    for (int i = 0; i < 300; ++i) {
      table.SetUp(i % 2 == 0 ? "ab" : "abc");
      ++chosen[table.Choose()];
    }
    CHECK(chosen['a'] <= 151);
    CHECK(chosen['b'] <= 151);
  }
}

TEST_CASE("Hundreds of backends each get their turn") {
  std::vector<std::atomic<int>> in_flight(300);
  std::vector<Candidate> available;
  for (std::size_t i = 0; i < in_flight.size(); ++i) available.push_back({i, 7, &in_flight[i]});
  RoundRobin round_robin;
  round_robin.SetAvailable(available);
  for (std::size_t turn = 0; turn < 900; ++turn) {
    REQUIRE(round_robin.Choose({}) == turn % 300);
  }
}

}  // namespace
}  // namespace balancer::service
