#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "internal/http/method.hpp"
#include "internal/model/counter.hpp"
#include "internal/model/duration_histogram.hpp"

// What each worker counts on its loop, and who wants to know reads and adds up
// (docs/decisions/0012-metrics.md). On cache lines of its own: no other worker writes there.
namespace balancer::server {

using model::Counter;

// Requests by their method and the status of their response.
class RequestCounts {
 public:
  // The client left before a response had begun.
  static constexpr int kNoStatus = 99;
  static constexpr int kLastStatus = 599;

  // `status` is between these two, inclusive.
  Counter& At(http::Method method, int status) { return counts_[Index(method, status)]; }
  const Counter& At(http::Method method, int status) const {
    return counts_[Index(method, status)];
  }

 private:
  static constexpr std::size_t kStatuses = kLastStatus - kNoStatus + 1;

  static std::size_t Index(http::Method method, int status) {
    return static_cast<std::size_t>(method) * kStatuses +
           static_cast<std::size_t>(status - kNoStatus);
  }

  std::array<Counter, http::kMethodNames.size() * kStatuses> counts_;
};

// What the clients of one listener have done.
struct alignas(64) Traffic {
  Counter requests;                    // with a whole head, or refused for the lack of one
  RequestCounts ended;                 // of these: answered, cut off, or left by their client
  model::DurationHistogram durations;  // of these, tunnels left out: from the head to the end
  Counter cut;                         // responses of which the client did not get the end from us
  Counter limited;                     // requests refused for want of a token
  Counter connections;                 // accepted
};

// Why an attempt to have a request answered by a backend failed.
enum class UpstreamFailure : std::uint8_t {
  connect,          // refused, or its address not known
  connect_timeout,  // no connection in time
  closed,           // the connection, before a response
  timeout,          // no response in time
  bad_response,     // no valid HTTP
  cut,              // a response that broke off, or stopped coming
};

inline constexpr std::array<std::string_view, 6> kUpstreamFailureNames{
    "connect", "connect_timeout", "closed", "timeout", "bad_response", "cut"};

inline constexpr std::array<std::string_view, 5> kStatusClassNames{"1xx", "2xx", "3xx", "4xx",
                                                                   "5xx"};

// What one worker has seen of one backend.
struct alignas(64) UpstreamTraffic {
  std::array<Counter, kStatusClassNames.size()> responses;     // by class; a tunnel is 1xx
  std::array<Counter, kUpstreamFailureNames.size()> failures;  // by UpstreamFailure
  model::DurationHistogram response_times;  // from sending a request to the head of its response

  void CountResponse(int status, std::chrono::nanoseconds time) {
    responses[static_cast<std::size_t>(status / 100 - 1)].Add();
    response_times.Add(time);
  }
  void CountFailure(UpstreamFailure failure) { failures[static_cast<std::size_t>(failure)].Add(); }
};

// What one worker has forwarded.
struct ForwardingTraffic {
  explicit ForwardingTraffic(std::size_t count) : backends(count) {}

  std::vector<UpstreamTraffic> backends;
  Counter retries_on_same;  // over a fresh connection
  Counter retries_on_other;
};

}  // namespace balancer::server
