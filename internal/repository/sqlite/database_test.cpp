#include "internal/repository/sqlite/database.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <catch2/catch.hpp>

#include "internal/repository/testing/databases.hpp"

using namespace balancer::repository;
using balancer::model::ErrorCode;

namespace {

// What is logged while it lives.
class CapturedLog {
 public:
  CapturedLog() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(before_); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string text() const { return text_.str(); }
  long lines() const {
    const std::string all = text();
    return std::count(all.begin(), all.end(), '\n');
  }

 private:
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

}  // namespace

TEST_CASE("a full database file is logged once, not as an outage with every write") {
  const testing::TemporaryDirectory directory;
  const auto file = std::make_shared<SqliteFile>(directory.path() + "/limits.db");
  SqliteDatabase database(file, SqliteDatabase::Mode::create);
  REQUIRE(database.Open());
  REQUIRE(database.Execute("CREATE TABLE t (x)"));

  const CapturedLog log;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(database.Open());
    REQUIRE(database.Execute("PRAGMA max_page_count = 1"));
    const auto written = database.Execute("INSERT INTO t VALUES (zeroblob(100000))");
    REQUIRE_FALSE(written);
    CHECK(written.error().code == ErrorCode::storage_unavailable);

    REQUIRE(database.Open());
    REQUIRE(database.Execute("SELECT count(*) FROM t"));
    file->log.Up();  // as who has read says
  }
  CHECK_THAT(log.text(), Catch::Contains("full"));
  CHECK(log.lines() == 1);
}
