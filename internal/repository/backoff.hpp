#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace balancer::repository {

// How long to wait before the next try: not at all at first, then 100 ms, doubling up to 2 s, less
// up to a half by chance, so that balancers that lost one database do not come back in step.
class Backoff {
 public:
  std::chrono::milliseconds Next() {
    const int step = step_;
    step_ = std::clamp(step * 2, 100, 2000);
    return std::chrono::milliseconds(std::uniform_int_distribution(step / 2, step)(random_));
  }

  void Reset() { step_ = 0; }

 private:
  int step_ = 0;  // milliseconds
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace balancer::repository
