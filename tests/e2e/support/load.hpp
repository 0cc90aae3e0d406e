#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/deadline.hpp"

namespace balancer::e2e {

// What clients saw.
struct LoadResult {
  std::map<int, int> statuses;           // 0: no whole response
  std::map<std::string, int> by_server;  // server_address of test-backend's answers
  std::string first_failure;             // raw, of the first answer that was not 200

  int total() const;
  int ok() const { return statuses.contains(200) ? statuses.at(200) : 0; }
};

struct LoadOptions {
  int connections = 4;
  int requests = 0;         // of all connections together; 0: until Finish()
  std::string fields = "";  // whole lines, sent with each request
};

// GETs on kept-alive connections, a thread each; a connection that ends is made anew.
class Load {
 public:
  Load(std::uint16_t port, LoadOptions options);
  ~Load() { Finish(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Ends it (with `requests`: waits until all are answered).
  LoadResult Finish();
  LoadResult so_far() const;
  // Waits until that many more were answered.
  bool WaitForMore(int count) const;

 private:
  void Run(std::uint16_t port);

  const LoadOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> started_ = 0;
  mutable std::mutex mu_;
  LoadResult result_;  // guarded by mu_
  std::vector<std::thread> threads_;
};

}  // namespace balancer::e2e
