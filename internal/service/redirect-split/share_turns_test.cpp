#include "internal/service/redirect-split/share_turns.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <deque>
#include <random>
#include <string>

using namespace balancer;
using model::RedirectTargets;
using service::ShareTurns;

namespace {

RedirectTargets Targets(const std::vector<double>& percents) {
  RedirectTargets targets;
  for (const double percent : percents) {
    targets.push_back({"http://cdn" + std::to_string(targets.size()), percent});
  }
  return targets;
}

// The largest |count - N * share| of any target, or of the rest, over the first `turns` N.
double WorstDeviation(const RedirectTargets& targets, int turns) {
  ShareTurns share_turns(targets);
  std::vector<long double> shares;
  long double rest = 1;
  for (const auto& target : targets) {
    shares.push_back(static_cast<long double>(target.percent));
    rest -= shares.back();
  }
  shares.push_back(rest);
  std::vector<int> counts(shares.size());
  long double worst = 0;
  for (int n = 1; n <= turns; ++n) {
    ++counts.at(share_turns.Next());
    for (std::size_t i = 0; i < shares.size(); ++i) {
      worst = std::max(worst, std::fabs(static_cast<long double>(counts[i]) - n * shares[i]));
    }
  }
  return static_cast<double>(worst);
}

// One CDN host's turns, as 1 for its and 0 for the origin's.
std::vector<int> TurnsOf(double percent, int turns) {
  ShareTurns share_turns(Targets({percent}));
  std::vector<int> taken;
  for (int i = 0; i < turns; ++i) taken.push_back(share_turns.Next() == 0 ? 1 : 0);
  return taken;
}

}  // namespace

TEST_CASE("three of ten, spread evenly") {
  const auto turns = TurnsOf(0.3, 10);
  CHECK(turns == std::vector<int>{0, 1, 0, 0, 1, 0, 0, 0, 1, 0});
}

TEST_CASE("nothing and everything") {
  ShareTurns none(Targets({}));
  ShareTurns zero(Targets({0, 0}));
  ShareTurns all(Targets({0, 1}));
  ShareTurns two(Targets({0.5, 0.5}));
  int first = 0;
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(none.Next() == 0);
    REQUIRE(zero.Next() == 2);
    REQUIRE(all.Next() == 1);
    const std::size_t turn = two.Next();
    REQUIRE(turn < 2);
    first += turn == 0 ? 1 : 0;
  }
  CHECK(first == 500);
}

TEST_CASE("no count is ever 1 away from its share, whatever the shares") {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    const auto hosts = 1 + random() % (round % 10 == 0 ? model::kMaxRedirectTargets : 8);
    std::vector<double> parts;
    double sum = 0;
    for (std::size_t i = 0; i <= hosts; ++i) {
      // Of very different sizes, some of them 0.
      const double size = std::uniform_real_distribution(0.0, 1.0)(random);
      parts.push_back(random() % 8 == 0 ? 0 : std::pow(size, 1 + random() % 12));
      sum += parts.back();
    }
    if (sum == 0) continue;
    parts.pop_back();  // the rest's
    const double all = random() % 4 == 0 ? 1 : std::uniform_real_distribution(0.0, 1.0)(random);
    double total = 0;
    for (const double part : parts) total += part;
    for (double& part : parts) part *= total == 0 ? 0 : all / total * (1 - 1e-12);
    const RedirectTargets targets = Targets(parts);
    REQUIRE(model::CheckRedirectTargets(targets));
    REQUIRE(WorstDeviation(targets, 2000) < 1);
  }
}

TEST_CASE("simple shares, where turns fall due together") {
  for (const auto& percents : std::vector<std::vector<double>>{{0.25, 0.25, 0.25, 0.25},
                                                               {0.5, 0.25, 0.25},
                                                               {0.5, 0.3, 0.2},
                                                               {0.1, 0.1, 0.1},
                                                               {0.9, 0.05},
                                                               {1.0 / 3, 1.0 / 3},
                                                               {0.5}}) {
    CHECK(WorstDeviation(Targets(percents), 10'000) < 1);
  }
}

TEST_CASE("with one host it holds for any turns in a row") {
  std::mt19937 random(7);
  std::vector<double> percents{0.3, 0.5, 1.0 / 3, 0.001, 0.999, 0.7};
  for (int i = 0; i < 50; ++i) percents.push_back(std::uniform_real_distribution(0.0, 1.0)(random));
  for (const double percent : percents) {
    const auto turns = TurnsOf(percent, 1500);
    double worst = 0;
    for (std::size_t from = 0; from < turns.size(); from += 7) {
      int count = 0;
      for (std::size_t at = from; at < turns.size(); ++at) {
        count += turns[at];
        const auto n = static_cast<double>(at + 1 - from);
        worst = std::max(worst, std::fabs(count - n * percent));
      }
    }
    INFO(percent);
    CHECK(worst < 1);
  }
}

TEST_CASE("nothing drifts over millions of turns") {
  ShareTurns share_turns(Targets({0.3}));
  int count = 0;
  for (int i = 0; i < 10'000'000; ++i) count += share_turns.Next() == 0 ? 1 : 0;
  CHECK(count == 3'000'000);
}
