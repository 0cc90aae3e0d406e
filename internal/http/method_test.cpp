#include "internal/http/method.hpp"

#include <catch2/catch.hpp>

namespace balancer::http {

TEST_CASE("A method is known by its exact name") {
  CHECK(ToMethod("GET") == Method::get);
  CHECK(ToMethod("DELETE") == Method::delete_);
  CHECK(ToMethod("CONNECT") == Method::connect);
  for (std::size_t i = 0; i < kMethodNames.size(); ++i) {
    CHECK(ToMethod(kMethodNames[i]) == static_cast<Method>(i));
  }
  for (const char* method : {"", "get", "GETS", "PURGE", "other"}) {
    CHECK(ToMethod(method) == Method::other);
  }
}

}  // namespace balancer::http
