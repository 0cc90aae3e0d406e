#include "test-backend/users_database.hpp"

#include <sys/socket.h>

#include <utility>

#ifdef __SANITIZE_ADDRESS__
// libpqxx 6.4 drops the result of a statement during which the connection broke without freeing it.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:libpqxx-6.4.so\n";
}
#endif

namespace test_backend {
namespace {

constexpr std::chrono::milliseconds kReconnectPause{500};

#define USER_COLUMNS                                     \
  "id, email, full_name, age, country_code, is_active, " \
  "to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"

constexpr const char* kGet = "SELECT " USER_COLUMNS " FROM users WHERE id = $1::uuid";

// One statement, so that the total is that of the moment at which the page was taken. There is a
// row with the total even where the page is empty. The columns are made outside of the inner
// SELECT, which would make them for the rows before the page too.
constexpr const char* kList =
    "SELECT counted.total, " USER_COLUMNS
    " FROM (SELECT count(*) AS total FROM users) AS counted LEFT JOIN "
    "(SELECT * FROM users ORDER BY created_at, id LIMIT $1::bigint OFFSET $2::bigint) AS page "
    "ON true ORDER BY created_at, id";

#undef USER_COLUMNS

// `first`: the column of the id.
User ReadUser(const pqxx::row& row, pqxx::row::size_type first) {
  const auto text = [&](pqxx::row::size_type n) { return std::string(row[first + n].c_str()); };
  return {text(0), text(1), text(2), row[first + 3].as<int>(), text(4), row[first + 5].as<bool>(),
          text(6)};
}

}  // namespace

bool UsersDatabase::Expose(int socket) {
  std::lock_guard lock(mu_);
  socket_ = socket;
  return !interrupted_;
}

void UsersDatabase::Interrupt() {
  std::lock_guard lock(mu_);
  interrupted_ = true;
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void UsersDatabase::Disconnect() {
  Expose(-1);
  connection_.reset();
}

tl::unexpected<std::string> UsersDatabase::Fail(const std::exception& e) {
  Disconnect();
  connect_again_ = Clock::now() + kReconnectPause;
  last_error_ = e.what();
  return tl::unexpected(last_error_);
}

UsersDatabase::Result<void> UsersDatabase::Connect() {
  if (connection_ != nullptr) return {};
  if (Clock::now() < connect_again_) return tl::unexpected(last_error_);
  try {
    connection_ = std::make_unique<pqxx::connection>(dsn_);
    if (!Expose(connection_->sock())) throw std::runtime_error("interrupted");
    connection_->prepare("get", kGet);
    connection_->prepare("list", kList);
    return {};
  } catch (const std::exception& e) {
    return Fail(e);
  }
}

template <typename Question>
auto UsersDatabase::Ask(const Question& question)
    -> Result<decltype(question(std::declval<pqxx::connection&>()))> {
  for (;;) {
    const bool fresh = connection_ == nullptr;
    if (auto connected = Connect(); !connected) return tl::unexpected(connected.error());
    try {
      return question(*connection_);
    } catch (const std::exception& e) {
      if (fresh) return Fail(e);
      Disconnect();
    }
  }
}

UsersDatabase::Result<std::optional<User>> UsersDatabase::Get(const std::string& id) {
  return Ask([&](pqxx::connection& connection) -> std::optional<User> {
    const pqxx::result rows = pqxx::nontransaction(connection).exec_prepared("get", id);
    if (rows.empty()) return std::nullopt;
    return ReadUser(rows.front(), 0);
  });
}

UsersDatabase::Result<UserPage> UsersDatabase::List(const PageOf& of) {
  return Ask([&](pqxx::connection& connection) {
    const pqxx::result rows =
        pqxx::nontransaction(connection).exec_prepared("list", of.limit, of.offset);
    UserPage page{{}, of, rows.at(0)[0].as<std::int64_t>()};
    for (const pqxx::row& row : rows) {
      if (!row[1].is_null()) page.items.push_back(ReadUser(row, 1));
    }
    return page;
  });
}

}  // namespace test_backend
