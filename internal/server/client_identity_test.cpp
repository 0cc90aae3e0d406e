#include "internal/server/client_identity.hpp"

#include <catch2/catch.hpp>

namespace balancer::server {
namespace {

using config::ClientIdSource;

// A request from 10.0.0.9:4711 with the given fields, asked for its client_id.
class Request {
 public:
  Request& With(std::string_view name, std::string_view value) {
    head_.fields.push_back({name, value, http::IdentifyField(name)});
    return *this;
  }
  Request& Trusting(std::string_view network) {
    settings_.trusted_proxies.push_back(model::Cidr::Parse(network).value());
    return *this;
  }
  Request& By(std::vector<ClientIdSource> sources) {
    settings_.client_id = std::move(sources);
    return *this;
  }
  std::string Id() {
    Peer peer{model::IpAddress::Parse("10.0.0.9").value(), "10.0.0.9", 4711};
    std::string scratch;
    const auto id = ClientIdentity(settings_).Find(head_, peer, scratch);
    return id ? std::string(*id) : "error: " + id.error().detail;
  }

 private:
  config::RateLimitSettings settings_;
  http::RequestHead head_;
};

TEST_CASE("The API key names the client, and its address where there is none") {
  CHECK(Request().With("x-api-key", "alice").Id() == "alice");
  CHECK(Request().Id() == "10.0.0.9");
  CHECK(Request().With("X-API-Key", "").Id() == "10.0.0.9");
}

TEST_CASE("A repeated or invalid API key is an error") {
  CHECK(Request().With("X-API-Key", "a").With("X-Api-Key", "a").Id() ==
        "error: X-API-Key is repeated");
  CHECK(Request().With("X-API-Key", "\xFF").Id() == "error: X-API-Key must be well-formed UTF-8");
  CHECK(Request().With("X-API-Key", std::string(257, 'k')).Id() ==
        "error: X-API-Key must be at most 256 bytes long");
}

TEST_CASE("ip_port is the old way") {
  CHECK(Request().By({{ClientIdSource::Kind::ip_port, ""}}).Id() == "10.0.0.9:4711");
}

TEST_CASE("X-Forwarded-For is believed of trusted proxies only") {
  CHECK(Request().With("X-Forwarded-For", "1.2.3.4").Id() == "10.0.0.9");
  CHECK(Request().Trusting("10.0.0.0/8").With("X-Forwarded-For", "1.2.3.4").Id() == "1.2.3.4");
  CHECK(Request().Trusting("10.0.0.0/8").Id() == "10.0.0.9");
}

TEST_CASE("X-Forwarded-For is read from its end to the first address that is not trusted") {
  const auto id = [](std::string_view list) {
    return Request().Trusting("10.0.0.0/8").With("X-Forwarded-For", list).Id();
  };
  CHECK(id("6.6.6.6, 1.2.3.4, 10.0.0.7") == "1.2.3.4");
  CHECK(id("6.6.6.6, 1.2.3.4:5678") == "1.2.3.4");
  CHECK(id("[2001:db8::1]:443") == "2001:db8::1");
  CHECK(id("1.2.3.4, nonsense, 10.0.0.7") == "10.0.0.7");
  CHECK(id("10.0.0.1,10.0.0.2") == "10.0.0.1");
  CHECK(id("[") == "10.0.0.9");
  CHECK(id(",") == "10.0.0.9");
  CHECK(Request()
            .Trusting("10.0.0.0/8")
            .With("X-Forwarded-For", "1.2.3.4")
            .With("X-Forwarded-For", "10.0.0.7")
            .Id() == "1.2.3.4");
}

}  // namespace
}  // namespace balancer::server
