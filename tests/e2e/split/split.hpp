#pragma once

#include <map>
#include <string>

#include "tests/e2e/support/balancer.hpp"

// The vocabulary of the redirect split's tests.
namespace balancer::e2e {

inline const std::string kVideo = "http://s1.origin-cluster/video/1488/xcg2djHckad.m3u8";
inline const std::string kEdit = "/api/edit_settings";
inline const std::string kSettings = "/api/get_settings";

// A balancer's configuration with the split enabled, as the issue shows it.
inline BalancerConfig SplitConfig() {
  return BalancerConfig()
      .Set("redirect_split.enabled", "true")
      .Set("redirect_split.origin_hosts", R"(["*.origin-cluster"])")
      .Set("redirect_split.default", R"([{host: "http://localhost:3200", percent: 0.3}])");
}

// What the API shows and takes of one host.
inline std::string Value(const std::string& host, const std::string& percent) {
  return R"([{"host":")" + host + R"(","percent":)" + percent + "}]";
}
inline std::string Setting(const std::string& value) {
  return R"({"tag":"VIDEO:CDN","value":)" + value + "}";
}

// How often each Location comes in so many requests on one connection.
inline std::map<std::string, int> CountLocations(HttpClient& client, int requests) {
  std::map<std::string, int> counts;
  for (int i = 0; i < requests; ++i) {
    const auto response = client.Get("/?video=" + kVideo);
    ++counts[response.status == 301 ? response.Field("Location") : "not redirected"];
  }
  return counts;
}

}  // namespace balancer::e2e
