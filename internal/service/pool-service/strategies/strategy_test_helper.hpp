#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "internal/service/pool-service/strategies/strategy.hpp"

namespace balancer::service {

// A strategy over backends named a, b, c, … whose in-flight counts the test holds.
class Table {
 public:
  Table(std::unique_ptr<Strategy> strategy, std::vector<int> weights)
      : strategy_(std::move(strategy)), weights_(std::move(weights)), in_flight_(weights_.size()) {
    SetUp(Names(weights_.size()));
  }

  // The backends that are available from now on: "ac".
  void SetUp(const std::string& names) {
    std::vector<Candidate> available;
    for (const char name : names) {
      const std::size_t i = Index(name);
      available.push_back({i, weights_[i], &in_flight_[i]});
    }
    strategy_->SetAvailable(std::move(available));
  }

  // One choice: its name, or '-' for none.
  char Choose(const std::string& tried = "") {
    std::vector<std::size_t> indexes;
    for (const char name : tried) indexes.push_back(Index(name));
    const auto chosen = strategy_->Choose(indexes);
    return chosen ? static_cast<char>('a' + *chosen) : '-';
  }

  // The names of `count` choices in order.
  std::string Turns(int count) {
    std::string names;
    for (int i = 0; i < count; ++i) names += Choose();
    return names;
  }

  std::atomic<int>& in_flight(char name) { return in_flight_[Index(name)]; }

 private:
  static std::size_t Index(char name) { return static_cast<std::size_t>(name - 'a'); }
  static std::string Names(std::size_t count) {
    return std::string("abcdefghijklmnopqrstuvwxyz").substr(0, count);
  }

  std::unique_ptr<Strategy> strategy_;
  std::vector<int> weights_;
  std::deque<std::atomic<int>> in_flight_;
};

}  // namespace balancer::service
