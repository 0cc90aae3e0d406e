#include "internal/model/cidr.hpp"

#include <catch2/catch.hpp>

namespace balancer::model {
namespace {

bool Contains(std::string_view network, std::string_view address) {
  return Cidr::Parse(network).value().Contains(IpAddress::Parse(address).value());
}

TEST_CASE("Addresses are read and written in their usual form") {
  CHECK(IpAddress::Parse("127.0.0.1").value().ToString() == "127.0.0.1");
  CHECK(IpAddress::Parse("2001:DB8:0:0::1").value().ToString() == "2001:db8::1");
  CHECK(IpAddress::Parse("::ffff:10.0.0.1").value() == IpAddress::Parse("10.0.0.1").value());
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "::g", "[::1]", "1.2.3.4:80"}) {
    CAPTURE(bad);
    CHECK_FALSE(IpAddress::Parse(bad));
  }
}

TEST_CASE("A network contains its addresses and no others") {
  CHECK(Contains("127.0.0.0/8", "127.255.0.1"));
  CHECK_FALSE(Contains("127.0.0.0/8", "128.0.0.1"));
  CHECK(Contains("10.1.2.3", "10.1.2.3"));
  CHECK_FALSE(Contains("10.1.2.3", "10.1.2.4"));
  CHECK(Contains("172.16.0.0/12", "172.31.255.255"));
  CHECK_FALSE(Contains("172.16.0.0/12", "172.32.0.0"));
  CHECK(Contains("0.0.0.0/0", "8.8.8.8"));
  CHECK_FALSE(Contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(Contains("::1/128", "::1"));
  CHECK_FALSE(Contains("::1/128", "::2"));
  CHECK(Contains("2001:db8::/32", "2001:db8:ffff::1"));
}

TEST_CASE("Bad networks are refused") {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                          "10.0.0.1/8", "::1/129", "::1/64", "localhost"}) {
    CAPTURE(bad);
    CHECK_FALSE(Cidr::Parse(bad));
  }
}

}  // namespace
}  // namespace balancer::model
