#include "internal/server/access_rule.hpp"

#include <algorithm>

namespace balancer::server {

using http::Field;
using http::FieldId;
using model::ErrorCode;

namespace {

// Takes as long for a wrong token as for the right one, whatever they share.
bool EqualInConstantTime(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^
                  static_cast<unsigned char>(expected[i % expected.size()]);
  }
  return difference == 0;
}

// The token of a Bearer authorization, or empty.
std::string_view BearerToken(const http::Fields& fields) {
  if (std::ranges::count(fields, FieldId::authorization, &Field::id) != 1) return {};
  std::string_view value = http::Find(fields, FieldId::authorization)->value;
  constexpr std::string_view kScheme = "Bearer ";
  if (!http::EqualsIgnoreCase(value.substr(0, kScheme.size()), kScheme)) return {};
  value.remove_prefix(kScheme.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

}  // namespace

model::Result<void> AccessRule::Check(const http::RequestHead& head, const Peer& peer) const {
  if (!settings_.token.empty()) {
    if (EqualInConstantTime(BearerToken(head.fields), settings_.token)) return {};
    return model::Fail(ErrorCode::unauthorized, "a bearer token is required");
  }
  if (http::Find(head.fields, FieldId::x_forwarded_for) ||
      http::Find(head.fields, FieldId::forwarded)) {
    return model::Fail(ErrorCode::forbidden, "the control plane is not served through proxies");
  }
  if (!model::ContainsAddress(settings_.allow, peer.ip)) {
    return model::Fail(ErrorCode::forbidden, "this address may not use the control plane");
  }
  return {};
}

}  // namespace balancer::server
