#include "test-backend/users_api.hpp"

#include <catch2/catch.hpp>

using namespace test_backend;

namespace {

const std::string kId = "0193e3a6-0b0f-4c6e-8c1e-5d6f7a8b9c0d";

auto Read(const std::string& uri, std::string_view method = "GET") {
  return ReadUsersRequest({"127.0.0.1:8081", method, uri, ""});
}

// The status of what is answered without the database; 0 if it is asked.
int StatusOf(const std::string& uri, std::string_view method = "GET") {
  const auto read = Read(uri, method);
  const auto* reply = std::get_if<Reply>(&read);
  return reply != nullptr ? reply->status : 0;
}

// "limit/offset", or what went wrong.
std::string PageAsked(const std::string& query) {
  const auto read = Read("/users" + query);
  if (const auto* reply = std::get_if<Reply>(&read)) return reply->body;
  const auto& page = std::get<PageOf>(read);
  return std::to_string(page.limit) + '/' + std::to_string(page.offset);
}

const User kUser{kId, "user1@example.com", "User 1", 25, "US", true, "2026-01-31T08:00:00Z"};
const std::string kUserJson =
    R"({"id":")" + kId +
    R"(","email":"user1@example.com","full_name":"User 1","age":25,"country_code":"US",)"
    R"("is_active":true,"created_at":"2026-01-31T08:00:00Z"})";

}  // namespace

TEST_CASE("The users API has its paths and no others") {
  for (const char* path : {"/healthz", "/users", "/users/", "/users/x", "/users/x/y"}) {
    CHECK(IsUsersPath(path));
  }
  for (const char* path : {"/", "/user", "/usersx", "/health", "/healthz/", "/Users"}) {
    CHECK(!IsUsersPath(path));
  }
}

TEST_CASE("A page has its defaults and its limits") {
  CHECK(PageAsked("") == "50/0");
  CHECK(PageAsked("?") == "50/0");
  CHECK(PageAsked("?limit=1") == "1/0");
  CHECK(PageAsked("?offset=9999999&limit=200") == "200/9999999");
  CHECK(PageAsked("?offset=9223372036854775807") == "50/9223372036854775807");
}

TEST_CASE("What is no page is refused, with the reason") {
  for (const char* limit : {"0", "201", "-1", "+1", "", "1.0", "1e1", "0x1", " 1", "1 ", "%31",
                            "ten", "9223372036854775808", "99999999999999999999"}) {
    CHECK(PageAsked("?limit=" + std::string(limit)) ==
          R"({"error":"bad_request","reason":"limit is a whole number from 1 to 200"})");
  }
  for (const char* offset : {"-1", "-0", "", "x", "1.5", "9223372036854775808"}) {
    CHECK(PageAsked("?offset=" + std::string(offset)) ==
          R"({"error":"bad_request","reason":)"
          R"("offset is a whole number from 0 to 9223372036854775807"})");
  }
  for (const char* query : {"?limit=1&limit=1", "?offset=0&limit=5&offset=0"}) {
    CHECK(PageAsked(query) == R"({"error":"bad_request","reason":"a parameter is given twice"})");
  }
  for (const char* query :
       {"?page=1", "?limit=1&x", "?Limit=1", "?&limit=1", "?limit=1&&offset=1"}) {
    CHECK(PageAsked(query) ==
          R"({"error":"bad_request","reason":"parameters are limit and offset"})");
  }
}

TEST_CASE("A user is named by a uuid") {
  CHECK(std::get<UserId>(Read("/users/" + kId)).value == kId);
  CHECK(StatusOf("/users/0193E3A6-0B0F-4C6E-8C1E-5D6F7A8B9C0D") == 0);
  for (const std::string& id :
       {std::string(), std::string("1"), kId + "0", kId.substr(1), '{' + kId + '}',
        std::string(36, '-'), std::string(36, '0'), std::string("g") + kId.substr(1),
        std::string("0193e3a60b0f4c6e8c1e5d6f7a8b9c0d")}) {
    INFO(id);
    CHECK(StatusOf("/users/" + id) == 400);
  }
  CHECK(StatusOf("/users/" + kId + "?limit=1") == 400);
  CHECK(StatusOf("/users/" + kId + "/x") == 404);
}

TEST_CASE("Users are read and nothing else") {
  for (const std::string uri : {"/healthz", "/users", "/users?limit=0", "/users/x"}) {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"}) {
      const auto reply = std::get<Reply>(Read(uri, method));
      CHECK(reply.status == 405);
      CHECK(reply.fields == "Allow: GET, HEAD\r\n");
      CHECK(reply.body == R"({"error":"method_not_allowed"})");
    }
  }
  CHECK(StatusOf("/users", "HEAD") == 0);
  CHECK(StatusOf("/healthz", "HEAD") == 200);
}

TEST_CASE("It is healthy without its database") {
  CHECK(std::get<Reply>(Read("/healthz")).body == R"({"status":"ok"})");
}

TEST_CASE("A user is printed, and the lack of one") {
  CHECK(UserReply(kUser).body == kUserJson);
  CHECK(UserReply(std::nullopt).status == 404);
  CHECK(UserReply(std::nullopt).body == R"({"error":"not_found"})");
}

TEST_CASE("A page is printed, an empty one too") {
  CHECK(PageReply({{kUser, kUser}, {2, 4}, 10}).body ==
        R"({"items":[)" + kUserJson + "," + kUserJson + R"(],"limit":2,"offset":4,"total":10})");
  CHECK(PageReply({{}, {}, 0}).body == R"({"items":[],"limit":50,"offset":0,"total":0})");
}
