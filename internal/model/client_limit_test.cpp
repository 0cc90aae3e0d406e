#include "internal/model/client_limit.hpp"

#include <cmath>
#include <limits>

#include <catch2/catch.hpp>

namespace balancer::model {
namespace {

bool IsClientId(std::string_view text) {
  return CheckClientId(text).has_value();
}
bool IsLimit(std::int64_t capacity, double rate) {
  return CheckLimit({capacity, rate}).has_value();
}

TEST_CASE("A client_id is 1 to 256 bytes") {
  CHECK_FALSE(IsClientId(""));
  CHECK(IsClientId("a"));
  CHECK(IsClientId("123.5.6.7:890"));
  CHECK(IsClientId(std::string(256, 'x')));
  CHECK_FALSE(IsClientId(std::string(257, 'x')));
}

TEST_CASE("A client_id is well-formed UTF-8") {
  CHECK(IsClientId("żółw"));
  CHECK(IsClientId("\xF0\x9F\x90\xA2"));
  CHECK_FALSE(IsClientId("\xFF"));
  CHECK_FALSE(IsClientId("\xC3"));              // cut off
  CHECK_FALSE(IsClientId("\xC3("));             // no continuation
  CHECK_FALSE(IsClientId("\xC0\xAF"));          // overlong
  CHECK_FALSE(IsClientId("\xE0\x80\xAF"));      // overlong
  CHECK_FALSE(IsClientId("\xED\xA0\x80"));      // surrogate
  CHECK_FALSE(IsClientId("\xF4\x90\x80\x80"));  // past U+10FFFF
  CHECK_FALSE(IsClientId("\x80"));              // continuation alone
}

TEST_CASE("A client_id has no control characters") {
  CHECK_FALSE(IsClientId(std::string_view("a\0b", 3)));
  CHECK_FALSE(IsClientId("a\nb"));
  CHECK_FALSE(IsClientId("\x7F"));
  CHECK_FALSE(IsClientId("\xC2\x85"));  // C1: NEL
  CHECK(IsClientId("\xC2\xA0"));        // first after C1
}

TEST_CASE("A limit's numbers have ranges") {
  CHECK(IsLimit(1, 1e-9));
  CHECK(IsLimit(1'000'000'000, 1e9));
  CHECK_FALSE(IsLimit(0, 1));
  CHECK_FALSE(IsLimit(-1, 1));
  CHECK_FALSE(IsLimit(1'000'000'001, 1));
  CHECK_FALSE(IsLimit(1, 0));
  CHECK_FALSE(IsLimit(1, -1));
  CHECK_FALSE(IsLimit(1, 1.1e9));
  CHECK_FALSE(IsLimit(1, std::nan("")));
  CHECK_FALSE(IsLimit(1, std::numeric_limits<double>::infinity()));
}

}  // namespace
}  // namespace balancer::model
