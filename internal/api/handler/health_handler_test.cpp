#include "internal/api/handler/health_handler.hpp"

#include <memory>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_limits_storage.hpp"
#include "internal/service/pool-service/strategies/round_robin.hpp"

namespace balancer::api {
namespace {

struct Api {
  service::PoolService pool{
      std::vector<model::BackendSettings>(2), std::make_unique<service::RoundRobin>(), {}};
  service::FakeLimitsStorage storage;
  HealthHandler handler{pool, storage};

  ApiResponse Call(std::string_view method, std::string_view path) {
    return handler.Handle({method, path, "", ""});
  }
};

TEST_CASE("The process is healthy while it serves") {
  Api api;
  api.storage.GoAway();
  const ApiResponse response = api.Call("GET", "/healthz");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.body == R"({"status":"ok"})");
  CHECK(api.Call("HEAD", "/healthz").status == 200);
}

TEST_CASE("It is ready while a backend is healthy and storage answers") {
  Api api;
  CHECK(api.Call("GET", "/readyz").status == 503);
  CHECK(api.Call("GET", "/readyz").content_type == "application/json");
  CHECK(api.Call("GET", "/readyz").body ==
        R"({"status":"not ready","reasons":["no backend is healthy"]})");

  api.pool.ReportCheck(1, true, "");
  CHECK(api.Call("GET", "/readyz").status == 200);
  CHECK(api.Call("GET", "/readyz").body ==
        R"({"status":"ready","healthy_backends":1,"storage":"ok"})");

  api.storage.GoAway();
  CHECK(api.Call("HEAD", "/readyz").status == 503);
  CHECK(api.Call("GET", "/readyz").body ==
        R"({"status":"not ready","reasons":["storage does not answer"]})");

  api.pool.ReportCheck(1, false, "");
  api.pool.ReportCheck(1, false, "");
  CHECK(api.Call("GET", "/readyz").body ==
        R"({"status":"not ready","reasons":["no backend is healthy","storage does not answer"]})");
}

TEST_CASE("Health is only asked for") {
  Api api;
  for (const char* path : {"/healthz", "/readyz"}) {
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
      const ApiResponse response = api.Call(method, path);
      CHECK(response.status == 405);
      CHECK(response.allow == "GET, HEAD");
    }
  }
  CHECK(api.Call("GET", "/healthy").status == 404);
}

}  // namespace
}  // namespace balancer::api
