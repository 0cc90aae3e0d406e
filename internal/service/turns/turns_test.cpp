#include "internal/service/turns/turns.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace balancer::service {
namespace {

// Turns that say when they begin, and end when the test says so.
struct Fixture {
  Turns turns;
  std::string begun;

  Turns::Turn Saying(char name) {
    return [this, name] { begun += name; };
  }
};

}  // namespace

TEST_CASE("Turns go one after the other, in the order in which they were taken") {
  Fixture f;
  for (const char name : {'a', 'b', 'c'}) f.turns.Take(f.Saying(name));
  CHECK(f.begun == "a");
  f.turns.End();
  CHECK(f.begun == "ab");
  f.turns.Take(f.Saying('d'));
  f.turns.End();
  f.turns.End();
  CHECK(f.begun == "abcd");
  f.turns.End();
  f.turns.Take(f.Saying('e'));
  CHECK(f.begun == "abcde");
}

TEST_CASE("A turn may end within its call") {
  Fixture f;
  f.turns.Take(f.Saying('a'));
  f.turns.Take([&] {
    f.begun += 'b';
    f.turns.End();
  });
  f.turns.Take(f.Saying('c'));
  f.turns.End();
  CHECK(f.begun == "abc");
}

TEST_CASE("Of turns where one will do, one waits") {
  Fixture f;
  f.turns.TakeUnlessWaiting(f.Saying('a'));
  f.turns.TakeUnlessWaiting(f.Saying('b'));
  f.turns.TakeUnlessWaiting(f.Saying('c'));
  f.turns.Take(f.Saying('d'));
  f.turns.End();
  CHECK(f.begun == "ab");
  f.turns.TakeUnlessWaiting(f.Saying('e'));  // b has begun, and may not see what is new
  f.turns.End();
  f.turns.End();
  CHECK(f.begun == "abde");
}

}  // namespace balancer::service
