#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>

namespace test_backend {

// Makes the table `users` if it is missing, and those of user1@example.com … user<rows>@example.com
// that it lacks: their values, ids too, follow from the number. Deletes nothing. Returns how many
// were made; the error is the database's.
tl::expected<std::int64_t, std::string> MakeUsers(const std::string& dsn, std::int64_t rows);

}  // namespace test_backend
