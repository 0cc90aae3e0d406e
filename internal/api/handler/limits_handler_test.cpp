#include "internal/api/handler/limits_handler.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "internal/service/interfaces/fake_limits_storage.hpp"

namespace balancer::api {
namespace {

using Catch::Matchers::Contains;

// The limits API over a real LimitsManager and a storage that is a map.
class Api {
 public:
  service::FakeLimitsStorage storage;

  ApiResponse Call(std::string_view method, std::string_view path, std::string_view body = "",
                   std::string_view query = "") {
    int answers = 0;
    ApiResponse answer;
    handler_.Handle({method, path, query, body}, [&](ApiResponse response) {
      ++answers;
      answer = std::move(response);
    });
    storage.AnswerAll();
    REQUIRE(answers == 1);
    return answer;
  }
  ApiResponse Create(std::string_view body) { return Call("POST", "/limits/create", body); }
  ApiResponse Get(std::string_view body) { return Call("GET", "/limits/get", body); }
  ApiResponse GetByQuery(std::string_view query) { return Call("GET", "/limits/get", "", query); }
  ApiResponse Update(std::string_view body) { return Call("PUT", "/limits/update", body); }
  ApiResponse Delete(std::string_view body) { return Call("DELETE", "/limits/delete", body); }

 private:
  service::TokenManager tokens_{{}, storage};
  service::LimitsManager manager_{storage, tokens_};
  LimitsHandler handler_{manager_};
};

bool IsEmpty(const ApiResponse& response) {
  return response.body.empty() && response.content_type.empty();
}

// A 400 whose problem+json says `detail`.
void CheckBad(const ApiResponse& response, const std::string& detail) {
  CHECK(response.status == 400);
  CHECK(response.content_type == "application/problem+json");
  CHECK_THAT(response.body, Contains(detail));
}

constexpr std::string_view kAda = R"({"client_id":"ada","capacity":10,"rate_per_sec":0.2})";
constexpr std::string_view kAdaId = R"({"client_id":"ada"})";

TEST_CASE("Limits are created, read, changed and deleted") {
  Api api;
  const ApiResponse created = api.Create(kAda);
  CHECK(created.status == 201);
  CHECK(IsEmpty(created));

  const ApiResponse read = api.Get(kAdaId);
  CHECK(read.status == 200);
  CHECK(read.content_type == "application/json");
  CHECK(read.body == kAda);

  const ApiResponse updated =
      api.Update(R"({"rate_per_sec":1e9,"client_id":"ada","capacity":1000000000})");
  CHECK(updated.status == 204);
  CHECK(IsEmpty(updated));
  CHECK(api.Get(kAdaId).body ==
        R"({"client_id":"ada","capacity":1000000000,"rate_per_sec":1000000000})");

  const ApiResponse deleted = api.Delete(kAdaId);
  CHECK(deleted.status == 204);
  CHECK(IsEmpty(deleted));
  CHECK(api.Get(kAdaId).status == 404);
}

TEST_CASE("What is there already, or is not there, is told") {
  Api api;
  CHECK(api.Get(kAdaId).status == 404);
  CHECK(api.Update(kAda).status == 404);
  CHECK(api.Delete(kAdaId).status == 404);
  api.Create(kAda);
  const ApiResponse again = api.Create(kAda);
  CHECK(again.status == 409);
  CHECK(again.content_type == "application/problem+json");
  CHECK(again.retry_after == 0);
}

TEST_CASE("While storage is away the answer is 503 with Retry-After") {
  Api api;
  api.storage.GoAway();
  for (const ApiResponse& response :
       {api.Create(kAda), api.Get(kAdaId), api.Update(kAda), api.Delete(kAdaId)}) {
    CHECK(response.status == 503);
    CHECK(response.retry_after == 1);
    CHECK(response.content_type == "application/problem+json");
  }
  CHECK(api.Create("{}").status == 400);
}

TEST_CASE("A wrong method is 405 with Allow") {
  const auto [path, allowed] = GENERATE(table<std::string, std::string>({
      {"/limits/create", "POST"},
      {"/limits/get", "GET"},
      {"/limits/update", "PUT"},
      {"/limits/delete", "DELETE"},
  }));
  Api api;
  for (const std::string method :
       {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", ""}) {
    CAPTURE(method, path);
    const ApiResponse response = api.Call(method, path, "{}");
    CHECK(response.status == (method == allowed ? 400 : 405));
    CHECK(response.allow == (method == allowed ? "" : allowed));
  }
}

TEST_CASE("Other paths are 404 for every method") {
  Api api;
  for (const char* path : {"/limits/", "/limits/get/", "/limits/Get", "/limits/get/x",
                           "/limits/list", "/limits//get", "/limits/%67et"}) {
    CAPTURE(path);
    CHECK(api.Call("GET", path, kAdaId).status == 404);
    CHECK(api.Call("OPTIONS", path).status == 404);
  }
}

TEST_CASE("A client_id may come in the query") {
  Api api;
  api.storage.Put("a b+c/ż", {1, 1});
  CHECK(api.GetByQuery("client_id=a%20b+c/%C5%BC").status == 200);
  CHECK(api.GetByQuery("client%5Fid=a%20b%2bc%2F\xC5\xBC").status == 200);
  CHECK(api.GetByQuery("&client_id=a%20b+c/%c5%bc&").status == 200);
  api.storage.Put("a=b", {1, 1});
  CHECK(api.GetByQuery("client_id=a=b").status == 200);
  CHECK(api.Call("DELETE", "/limits/delete", "", "client_id=a%3Db").status == 204);
  CHECK(api.GetByQuery("client_id=a%3Db").status == 404);
}

TEST_CASE("A bad query is refused, and why is told") {
  const auto [query, detail] = GENERATE(table<std::string, std::string>({
      {"client_id", "client_id must not be empty"},
      {"client_id=", "client_id must not be empty"},
      {"&", "client_id is missing"},
      {"id=a", R"(unknown parameter \"id\" in the query)"},
      {"client_id=a&x=1", "unknown parameter"},
      {"client_id=a;x=1&=", "unknown parameter"},
      {"client_id=a&client_id=a", "client_id is given more than once"},
      {"client_id=a&client%5fid=b", "client_id is given more than once"},
      {"client_id=%", "client_id has a bad % escape"},
      {"client_id=%4", "client_id has a bad % escape"},
      {"client_id=%4g", "client_id has a bad % escape"},
      {"client_id=%-1", "client_id has a bad % escape"},
      {"client_id=%+1", "client_id has a bad % escape"},
      {"client_id=%0x", "client_id has a bad % escape"},
      {"client_%id=a", "unknown parameter"},
      {"client_id=%00", "client_id must not contain control characters"},
      {"client_id=%7F", "client_id must not contain control characters"},
      {"client_id=%C2%85", "client_id must not contain control characters"},
      {"client_id=%FF", "client_id must be well-formed UTF-8"},
      {"client_id=" + std::string(257, 'a'), "client_id must be at most 256 bytes"},
  }));
  CAPTURE(query);
  Api api;
  CheckBad(api.GetByQuery(query), detail);
  CheckBad(api.Call("DELETE", "/limits/delete", "", query), detail);
}

TEST_CASE("A request has one place for its fields") {
  Api api;
  api.Create(kAda);
  CheckBad(api.Call("GET", "/limits/get", kAdaId, "client_id=ada"), "not in both");
  CheckBad(api.Call("DELETE", "/limits/delete", " ", "client_id=ada"), "not in both");
  CheckBad(api.Get(""), "client_id is missing");
  CheckBad(api.Call("POST", "/limits/create", kAda, "client_id=ada"), "unknown parameter");
  CheckBad(api.Call("PUT", "/limits/update", kAda, "x"), "unknown parameter");
  CheckBad(api.Get(kAda), R"(unknown field \"capacity\")");
}

TEST_CASE("Nothing is stored of a bad request") {
  Api api;
  CheckBad(api.Create(R"({"client_id":"ada","capacity":10,"rate_per_sec":0})"), "rate_per_sec");
  CheckBad(api.Update("x"), "malformed JSON");
  CHECK(api.Get(kAdaId).status == 404);
}

}  // namespace
}  // namespace balancer::api
