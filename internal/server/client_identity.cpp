#include "internal/server/client_identity.hpp"

#include <algorithm>

namespace balancer::server {

using config::ClientIdSource;
using http::Field;
using model::ErrorCode;
using model::IpAddress;

namespace {

// The value of the only field of that name; empty when there is none, or an empty one.
model::Result<std::string_view> OnlyValue(const http::Fields& fields, std::string_view name) {
  const Field* found = nullptr;
  for (const Field& field : fields) {
    if (!http::EqualsIgnoreCase(field.name, name)) continue;
    if (found) {
      return model::Fail(ErrorCode::malformed_request, std::string(name) + " is repeated");
    }
    found = &field;
  }
  return found ? found->value : std::string_view();
}

// The address of one X-Forwarded-For element: some proxies write a port behind it, and IPv6 in
// brackets.
std::optional<IpAddress> ParseElement(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(" \t") - first + 1);
  if (text.starts_with('[')) return IpAddress::Parse(text.substr(1, text.find(']') - 1));
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return IpAddress::Parse(text);
}

}  // namespace

model::Result<std::string_view> ClientIdentity::Find(const http::RequestHead& head,
                                                     const Peer& peer, std::string& scratch) const {
  for (const ClientIdSource& source : settings_.client_id) {
    switch (source.kind) {
      case ClientIdSource::Kind::ip:
        return AddressOf(head, peer, scratch);
      case ClientIdSource::Kind::ip_port:
        scratch = peer.ip_text + ":" + std::to_string(peer.port);
        return scratch;
      case ClientIdSource::Kind::header: {
        const auto value = OnlyValue(head.fields, source.header);
        if (!value) return value;
        if (value->empty()) continue;
        if (const auto valid = model::CheckClientId(*value); !valid) {
          return model::Fail(ErrorCode::malformed_request,
                             source.header + " " + valid.error().detail);
        }
        return value;
      }
    }
  }
  // A request without any of them still comes from somewhere.
  return AddressOf(head, peer, scratch);
}

std::string_view ClientIdentity::AddressBehindProxies(const http::RequestHead& head,
                                                      const Peer& peer,
                                                      std::string& scratch) const {
  const auto& trusted = settings_.trusted_proxies;
  if (!model::ContainsAddress(trusted, peer.ip)) return peer.ip_text;

  IpAddress nearest = peer.ip;
  for (auto field = head.fields.rbegin(); field != head.fields.rend(); ++field) {
    if (field->id != http::FieldId::x_forwarded_for) continue;
    std::string_view list = field->value;
    while (true) {
      const std::size_t comma = list.rfind(',');
      const auto address =
          ParseElement(comma == std::string_view::npos ? list : list.substr(comma + 1));
      if (!address) return scratch = nearest.ToString();
      nearest = *address;
      if (!model::ContainsAddress(trusted, nearest)) return scratch = nearest.ToString();
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return scratch = nearest.ToString();
}

}  // namespace balancer::server
