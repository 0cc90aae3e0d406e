#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace test_backend {

struct User {
  std::string id;  // a uuid, in lower case
  std::string email;
  std::string full_name;
  int age = 0;
  std::string country_code;
  bool is_active = false;
  std::string created_at;  // RFC 3339, UTC
};

// Which users: `limit` of them after the first `offset`, oldest first.
struct PageOf {
  std::int64_t limit = 50;
  std::int64_t offset = 0;
};

struct UserPage {
  std::vector<User> items;
  PageOf of;
  std::int64_t total = 0;  // users there are
};

}  // namespace test_backend
