#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace balancer::model {

// A set of status codes, as `expect: "200-299,304"` gives it: inclusive ranges.
struct StatusSet {
  std::vector<std::pair<int, int>> ranges;

  bool Contains(int status) const {
    for (const auto& [first, last] : ranges) {
      if (status >= first && status <= last) return true;
    }
    return false;
  }
};

// How a backend's health is asked for.
struct HealthSettings {
  std::string method = "GET";
  std::string path = "/health";  // origin-form; put behind the backend's base path
  StatusSet expect{{{200, 200}}};
  std::chrono::milliseconds timeout{2000};  // for the whole check, connect included
  int rise = 1;                             // passed checks in a row that turn it up
  int fall = 2;                             // failed checks in a row that turn it down
};

// One entry of `backend_list`, its URL taken apart.
struct BackendSettings {
  std::string url;   // as configured; the name in logs
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  std::uint16_t port = 80;
  std::string authority;  // host[:port] as a Host field has it
  std::string base_path;  // put in front of the request's path: "" or "/base", no slash at its end
  int weight = 1;         // in [1, 1000]
  HealthSettings health;
};

}  // namespace balancer::model
