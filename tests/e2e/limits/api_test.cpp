#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// CONTRACT §4: the limits API, request by request. The same on both listeners.

using namespace balancer::e2e;

namespace {

struct Api {
  ScriptedBackend backend{Ok("backend")};
  Balancer balancer{BalancerConfig().Backend(backend)};

  // A request to the public listener. Without ones that reach the backend: there must be none.
  Response Ask(std::string_view method, std::string_view target, std::string_view body = "") {
    const auto response = balancer.Call(method, target, "", body);
    CHECK(backend.request_count() == 0);
    return response;
  }
};

const std::string kA = R"({"client_id":"a"})";

}  // namespace

TEST_CASE("a limit's life: created, read, changed, deleted") {
  Api api;
  for (const auto port : {api.balancer.port(), api.balancer.admin_port()}) {
    HttpClient client(port);
    const auto create = R"({"client_id":"123.5.6.7:890","capacity":10,"rate_per_sec":1})";
    const auto id = R"({"client_id":"123.5.6.7:890"})";
    CHECK(ProblemMistake(client.Call("GET", "/limits/get", "", id), 404) == "");
    CHECK(ProblemMistake(client.Call("PUT", "/limits/update", "", create), 404) == "");
    CHECK(ProblemMistake(client.Call("DELETE", "/limits/delete", "", id), 404) == "");

    const auto created = client.Call("POST", "/limits/create", "", create);
    CHECK(created.status == 201);
    CHECK(created.body.empty());
    CHECK(ProblemMistake(client.Call("POST", "/limits/create", "", create), 409) == "");

    const auto read = client.Call("GET", "/limits/get", "", id);
    CHECK(read.status == 200);
    CHECK(read.Field("Content-Type") == "application/json");
    CHECK(read.body == create);
    CHECK(client.Get("/limits/get?client_id=123.5.6.7:890").body == create);
    CHECK(client.Get("/limits/get?client_id=123.5.6.7%3A890").body == create);

    CHECK(client
              .Call("PUT", "/limits/update", "",
                    R"({"rate_per_sec":0.2,"client_id":"123.5.6.7:890","capacity":11})")
              .status == 204);
    CHECK(client.Get("/limits/get?client_id=123.5.6.7:890").body ==
          R"({"client_id":"123.5.6.7:890","capacity":11,"rate_per_sec":0.2})");
    CHECK(client.Call("DELETE", "/limits/delete", "", id).status == 204);
    CHECK(client.Call("DELETE", "/limits/delete?client_id=123.5.6.7:890", "").status == 404);
    CHECK(client.Get("/limits/get?client_id=123.5.6.7:890").status == 404);
  }
  CHECK(api.backend.request_count() == 0);
}

TEST_CASE("numbers print as short as they round-trip") {
  const auto [capacity, rate, prints] = GENERATE(table<std::string, std::string, std::string>({
      {"10", "1", "10/1"},
      {"10.0", "1.0", "10/1"},
      {"1e1", "2e-1", "10/0.2"},
      {"1000000000", "1e9", "1000000000/1000000000"},
      {"1", "0.1", "1/0.1"},
      {"1", "0.30000000000000004", "1/0.30000000000000004"},
      {"1", "1234.5", "1/1234.5"},
  }));
  Api api;
  INFO(capacity << " and " << rate);
  REQUIRE(api.balancer.CreateLimit("a", capacity, rate) == 201);
  CHECK(api.balancer.GetLimit("a") == prints);
}

TEST_CASE("a body that will not do is 400 and says which field and why") {
  const auto [body, word] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"nonsense", ""},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":1)", ""},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":1} x)", ""},
      {R"([1])", ""},
      {R"("text")", ""},
      {"null", ""},
      {R"({"capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"a","rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":10})", "rate_per_sec"},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":1,"extra":1})", "extra"},
      {R"({"client_id":"a","client_id":"b","capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"a","capacity":10,"capacity":10,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":7,"capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":null,"capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"","capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"a\u0000b","capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"a\nb","capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"a\u007Fb","capacity":10,"rate_per_sec":1})", "client_id"},
      {R"({"client_id":"a\u0085b","capacity":10,"rate_per_sec":1})", "client_id"},
      {"{\"client_id\":\"a\x7F\",\"capacity\":10,\"rate_per_sec\":1}", "client_id"},
      {R"({"client_id":"\uD800","capacity":10,"rate_per_sec":1})", ""},
      {"{\"client_id\":\"\xFF\",\"capacity\":10,\"rate_per_sec\":1}", ""},
      {R"({"client_id":"a","capacity":0,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":-1,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":1.5,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":1000000001,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":1e30,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":"10","rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":true,"rate_per_sec":1})", "capacity"},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":0})", "rate_per_sec"},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":-0.5})", "rate_per_sec"},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":1000000001})", "rate_per_sec"},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":"1"})", "rate_per_sec"},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":NaN})", ""},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":Infinity})", ""},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":1e999})", ""},
      {R"({"client_id":"a","capacity":10,"rate_per_sec":null})", "rate_per_sec"},
  }));
  INFO(body);
  Api api;
  for (const auto& [method, target] :
       {std::pair("POST", "/limits/create"), std::pair("PUT", "/limits/update")}) {
    const auto response = api.Ask(method, target, body);
    CHECK(ProblemMistake(response, 400) == "");
    CHECK_THAT(JsonMember(response.body, "detail"), Catch::Contains(word));
  }
  CHECK(api.balancer.GetLimit("a") == "404");
}

TEST_CASE("malformed JSON is shown its place") {
  Api api;
  const auto response = api.Ask("POST", "/limits/create", R"({"client_id":"a",,})");
  CHECK(ProblemMistake(response, 400) == "");
  CHECK_THAT(JsonMember(response.body, "detail"), Catch::Matches(".*1[67].*"));
}

TEST_CASE("JSON nested without end is refused, not followed") {
  Api api;
  CHECK(ProblemMistake(api.Ask("POST", "/limits/create", std::string(10'000, '[')), 400) == "");
  const auto large = api.Ask("POST", "/limits/create", std::string(1'000'000, '['));
  CHECK((large.status == 400 || large.status == 413));
  CHECK(api.balancer.process().running());
}

TEST_CASE("get and delete know their client by body or by query") {
  Api api;
  const auto [target, body, status] = GENERATE(table<std::string, std::string, int>({
      {"", kA, 404},
      {"?client_id=a", "", 404},
      {"?client_id=a%20b", "", 404},
      {"", "", 400},
      {"?", "", 400},
      {"?client_id=", "", 400},
      {"?client_id", "", 400},
      {"?client=a", "", 400},
      {"?client_id=a&client_id=a", "", 400},
      {"?client_id=a&more=1", "", 400},
      {"?client_id=%", "", 400},
      {"?client_id=%4", "", 400},
      {"?client_id=%zz", "", 400},
      {"?client_id=%00", "", 400},
      {"?client_id=%7f", "", 400},
      {"?client_id=%ff", "", 400},
      {"", R"({"client_id":"a","capacity":1})", 400},
      {"", R"({"client_id":["a"]})", 400},
      {"", "{}", 400},
  }));
  INFO(target << " " << body);
  CHECK(ProblemMistake(api.Ask("GET", "/limits/get" + target, body), status) == "");
  CHECK(ProblemMistake(api.Ask("DELETE", "/limits/delete" + target, body), status) == "");
}

TEST_CASE("a plus in a query is a plus") {
  Api api;
  REQUIRE(api.balancer.CreateLimit("a+b", "1", "1") == 201);
  CHECK(api.Ask("GET", "/limits/get?client_id=a+b").status == 200);
  CHECK(api.Ask("GET", "/limits/get?client_id=a%2Bb").status == 200);
  CHECK(api.Ask("GET", "/limits/get?client_id=a%20b").status == 404);
}

TEST_CASE("any valid client_id is kept as it is") {
  Api api;
  const auto [in_json, in_query] = GENERATE(table<std::string, std::string>({
      {R"(\u00e9)", "%C3%A9"},
      {"\xC3\xA9", "\xC3\xA9"},
      {R"(\ud83c\udf75)", "%F0%9F%8D%B5"},
      {R"(quote\"back\\slash\/)", "quote%22back%5Cslash/"},
      {"' OR 1=1; --", "'%20OR%201=1;%20--"},
      {"%41", "%2541"},
      {std::string(256, 'x'), std::string(256, 'x')},
  }));
  INFO(in_json);
  REQUIRE(api.balancer.CreateLimit(in_json, "7", "1") == 201);
  CHECK(api.balancer.CreateLimit(in_json, "7", "1") == 409);
  CHECK(api.balancer.GetLimit(in_query) == "7/1");
  CHECK(api.balancer.DeleteLimit(in_query) == 204);
  CHECK(api.balancer.GetLimit(in_query) == "404");
}

TEST_CASE("a client_id of 257 bytes is 400") {
  Api api;
  CHECK(api.balancer.CreateLimit(std::string(257, 'x'), "7", "1") == 400);
}

TEST_CASE("another method is 405 and names the right one") {
  Api api;
  const auto [target, allowed] = GENERATE(table<std::string, std::string>(
      {{"create", "POST"}, {"get", "GET"}, {"update", "PUT"}, {"delete", "DELETE"}}));
  for (const std::string method :
       {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"}) {
    if (method == allowed) continue;
    INFO(method << " " << target);
    const auto response = api.Ask(method, "/limits/" + target);
    CHECK(response.status == 405);
    CHECK(response.Field("Allow") == allowed);
    if (method != "HEAD") CHECK(ProblemMistake(response, 405) == "");
  }
}

TEST_CASE("other paths under /limits/ are 404 and never forwarded") {
  Api api;
  for (const std::string path : {"/limits/", "/limits/x", "/limits/create/", "/limits/getx",
                                 "/limits//get", "/limits/?client_id=a", "/limits/GET"}) {
    INFO(path);
    CHECK(ProblemMistake(api.Ask("GET", path), 404) == "");
    CHECK(ProblemMistake(api.balancer.Admin("GET", path), 404) == "");
  }
}

TEST_CASE("any Content-Type is read as JSON, and a chunked body as a body") {
  Api api;
  CHECK(
      api.balancer
          .Call("POST", "/limits/create", "Content-Type: text/plain\r\n", LimitJson("a", "1", "1"))
          .status == 201);
  auto client = api.balancer.Connect();
  client.Send("POST /limits/create HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
              Chunked(LimitJson("b", "1", "1"), 5));
  CHECK(client.Receive().status == 201);
  CHECK(api.balancer.GetLimit("b") == "1/1");
}

TEST_CASE("API answers keep the connection and their order") {
  Api api;
  auto client = api.balancer.Connect();
  client.SendRequest("POST", "/limits/create", "", LimitJson("a", "3", "1"));
  client.SendRequest("GET", "/limits/get?client_id=a");
  client.SendRequest("GET", "/forwarded");
  client.SendRequest("DELETE", "/limits/delete?client_id=a");
  CHECK(client.Receive().status == 201);
  CHECK(JsonMember(client.Receive().body, "capacity") == "3");
  CHECK(client.Receive().body == "backend");
  CHECK(client.Receive().status == 204);
}
