#include "internal/server/traffic.hpp"

#include <memory>

#include <catch2/catch.hpp>

namespace balancer::server {
namespace {

using namespace std::chrono_literals;
using http::Method;

TEST_CASE("Every method and status has a count of its own") {
  const auto counts = std::make_unique<RequestCounts>();
  const auto for_each = [](auto visit) {
    std::uint64_t n = 0;
    for (std::size_t m = 0; m < http::kMethodNames.size(); ++m) {
      for (int status = 99; status <= 599; ++status) visit(static_cast<Method>(m), status, ++n);
    }
  };
  for_each([&](Method method, int status, std::uint64_t n) { counts->At(method, status).Add(n); });
  bool all_apart = true;
  for_each([&](Method method, int status, std::uint64_t n) {
    all_apart = all_apart && counts->At(method, status).value() == n;
  });
  CHECK(all_apart);
}

TEST_CASE("A backend's responses are counted by class") {
  UpstreamTraffic traffic;
  for (const int status : {101, 200, 299, 304, 404, 500, 503, 599})
    traffic.CountResponse(status, 1ms);
  CHECK(traffic.responses[0].value() == 1);
  CHECK(traffic.responses[1].value() == 2);
  CHECK(traffic.responses[2].value() == 1);
  CHECK(traffic.responses[3].value() == 1);
  CHECK(traffic.responses[4].value() == 3);
  model::DurationCounts times;
  traffic.response_times.AddTo(times);
  CHECK(times.sum == 8ms);
}

}  // namespace
}  // namespace balancer::server
