#include "internal/api/handler/stats_handler.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_counts_storage.hpp"
#include "internal/service/interfaces/fake_limits_storage.hpp"

namespace balancer::api {
namespace {

using Catch::Matchers::Contains;

// The counts over a storage that has ten requests, of which one client has nine.
class Api {
 public:
  Api() {
    auto batch = std::make_shared<service::CountBatch>();
    *batch = {"someone", 1, 10, {{"a\"b", {7, 2}}}};
    storage.AddCounts(batch, [](const auto&) {});
    storage.AnswerAll();
  }

  ApiResponse Call(std::string_view method, std::string_view path, std::string_view query = "") {
    int answers = 0;
    ApiResponse answer;
    handler_.Handle({method, path, query, ""}, [&](ApiResponse response) {
      ++answers;
      answer = std::move(response);
    });
    storage.AnswerAll();
    REQUIRE(answers == 1);
    return answer;
  }

  service::FakeCountsStorage storage;

 private:
  service::FakeLimitsStorage limits_;
  service::TokenManager tokens_{{}, limits_};
  service::RequestCounter counter_{storage, tokens_, [] { return 0; }};
  StatsHandler handler_{counter_};
};

}  // namespace

TEST_CASE("The count of requests and its beginning are told") {
  const ApiResponse response = Api().Call("GET", "/stats/requests");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(response.body == R"({"count":10,"since":"2026-11-21T08:00:00.000Z"})");
}

TEST_CASE("A client's counts are told under its client_id") {
  Api api;
  const ApiResponse response = api.Call("GET", "/stats/clients", "client_id=a%22b");
  CHECK(response.status == 200);
  CHECK(response.body == R"({"client_id":"a\"b","allowed":7,"refused":2})");
  CHECK(api.Call("GET", "/stats/clients", "client_id=a").status == 404);
}

TEST_CASE("Counts are only asked for, and by what is known") {
  Api api;
  for (const char* path : {"/stats/requests", "/stats/clients"}) {
    for (const char* method : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get"}) {
      const ApiResponse response = api.Call(method, path);
      CHECK(response.status == 405);
      CHECK(response.allow == "GET");
    }
  }
  CHECK(api.Call("GET", "/stats/").status == 404);
  CHECK(api.Call("POST", "/stats/others").status == 404);
  CHECK(api.Call("GET", "/stats/requests", "x=1").status == 400);
  for (const char* query : {"", "client_id=", "client_id=a&client_id=a", "id=a", "client_id=%0a"}) {
    const ApiResponse response = api.Call("GET", "/stats/clients", query);
    CHECK(response.status == 400);
    CHECK(response.content_type == "application/problem+json");
  }
  CHECK_THAT(api.Call("GET", "/stats/clients", "").body, Contains("client_id is missing"));
}

TEST_CASE("While storage is away the answer is 503") {
  Api api;
  api.storage.Become(service::FakeCountsStorage::Health::away);
  CHECK(api.Call("GET", "/stats/requests").status == 503);
  const ApiResponse response = api.Call("GET", "/stats/clients", "client_id=a");
  CHECK(response.status == 503);
  CHECK(response.retry_after == 1);
}

}  // namespace balancer::api
