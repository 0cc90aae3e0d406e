#include "internal/service/pool-service/strategies/least_connections.hpp"

#include <catch2/catch.hpp>

#include "internal/service/pool-service/strategies/strategy_test_helper.hpp"

namespace balancer::service {
namespace {

Table LeastConnectionsOver(std::vector<int> weights) {
  return Table(std::make_unique<LeastConnections>(), std::move(weights));
}

TEST_CASE("The backend with the fewest requests in flight is chosen") {
  auto table = LeastConnectionsOver({1, 1, 1});
  table.in_flight('a') = 3;
  table.in_flight('b') = 1;
  table.in_flight('c') = 2;
  CHECK(table.Turns(2) == "bb");
  table.in_flight('b') = 3;
  CHECK(table.Turns(2) == "cc");
}

TEST_CASE("Requests in flight count per weight") {
  auto table = LeastConnectionsOver({3, 1});
  table.in_flight('a') = 2;
  table.in_flight('b') = 1;
  CHECK(table.Choose() == 'a');  // 2/3 < 1/1
  table.in_flight('a') = 4;
  CHECK(table.Choose() == 'b');  // 4/3 > 1/1
  table.in_flight('a') = 1'000'000'000;
  table.in_flight('b') = 333'333'333;
  CHECK(table.Choose() == 'b');
  table.in_flight('b') = 333'333'334;
  CHECK(table.Choose() == 'a');
}

TEST_CASE("Equals take turns") {
  auto table = LeastConnectionsOver({1, 1, 1});
  CHECK(table.Turns(6) == "abcabc");
  table.in_flight('b') = 1;
  CHECK(table.Turns(4) == "acac");

  SECTION("by their weights") {
    auto heavy = LeastConnectionsOver({5, 1, 1});
    CHECK(heavy.Turns(14) == "aabacaaaabacaa");
  }
}

TEST_CASE("Least connections passes over what was tried") {
  auto table = LeastConnectionsOver({1, 1, 1});
  table.in_flight('b') = 1;
  table.in_flight('c') = 2;
  CHECK(table.Choose("a") == 'b');
  CHECK(table.Choose("ab") == 'c');
  CHECK(table.Choose("abc") == '-');
}

TEST_CASE("Least connections over nothing chooses nothing") {
  auto table = LeastConnectionsOver({1, 1});
  table.SetUp("");
  CHECK(table.Choose() == '-');
}

TEST_CASE("A backend that flaps gives the first of the equals no burst") {
  auto table = LeastConnectionsOver({1, 1, 1});
  CHECK(table.Turns(1) == "a");
  table.SetUp("ab");
  CHECK(table.Turns(1) == "b");
  table.SetUp("abc");
  CHECK(table.Turns(3) == "cab");
}

}  // namespace
}  // namespace balancer::service
