#include "internal/config/near_word.hpp"

#include <vector>

#include <catch2/catch.hpp>

namespace balancer::config {
namespace {

const std::vector<std::string> kWords{"host", "port", "share_port", "timeouts"};

TEST_CASE("A slip of the keyboard is near its word") {
  CHECK(NearWord("prot", kWords) == "port");
  CHECK(NearWord("hosts", kWords) == "host");
  CHECK(NearWord("pot", kWords) == "port");
  CHECK(NearWord("timeout", kWords) == "timeouts");
  CHECK(NearWord("share-port", kWords) == "share_port");
}

TEST_CASE("Another word is near none") {
  CHECK_FALSE(NearWord("metrics", kWords));
  CHECK_FALSE(NearWord("", kWords));
  CHECK_FALSE(NearWord(std::string(1000, 'x'), kWords));
  CHECK_FALSE(NearWord("host", {}));
}

}  // namespace
}  // namespace balancer::config
