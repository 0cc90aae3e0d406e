#pragma once

#include <optional>
#include <string>
#include <variant>

#include "test-backend/message.hpp"
#include "test-backend/users.hpp"

namespace test_backend {

inline constexpr std::int64_t kMaxPage = 200;

// Whether the path is of the users API: /healthz, /users, and all under /users/.
bool IsUsersPath(std::string_view path);

struct UserId {
  std::string value;
};

// What a request asks the database for, or the answer where it need not be asked: 200 for /healthz,
// 400 with the reason for a query or a uuid that is none, 404, 405 with Allow. REQUIRES: its path
// is of the users API.
std::variant<Reply, UserId, PageOf> ReadUsersRequest(const Request& request);

Reply UserReply(const std::optional<User>& user);  // 404 without one
Reply PageReply(const UserPage& page);

// The database is away.
inline const Reply kUnavailable{503, R"({"error":"unavailable"})", "Retry-After: 1\r\n"};

}  // namespace test_backend
