#include "internal/http/hop_by_hop.hpp"

#include "internal/http/syntax.hpp"

namespace balancer::http {
namespace {

constexpr FieldIdSet kAlwaysEndToEnd{FieldId::authorization, FieldId::content_length,
                                     FieldId::forwarded, FieldId::host, FieldId::x_request_id};
constexpr std::string_view kForwardedPrefix = "x-forwarded-";

bool IsAlwaysEndToEnd(std::string_view name, FieldId id) {
  return kAlwaysEndToEnd.Has(id) ||
         EqualsIgnoreCase(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix);
}

void MarkNamed(Fields& fields, std::string_view name) {
  const FieldId id = IdentifyField(name);
  if (name.empty() || IsAlwaysEndToEnd(name, id)) return;
  for (Field& field : fields) {
    if (!field.hop_by_hop && field.id == id && EqualsIgnoreCase(field.name, name)) {
      field.hop_by_hop = true;
    }
  }
}

}  // namespace

ConnectionOptions ReadConnection(Fields& fields) {
  ConnectionOptions options;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != FieldId::connection) continue;
    ForEachMember(fields[i].value, [&](std::string_view member) {
      if (EqualsIgnoreCase(member, "keep-alive")) {
        options.keep_alive = true;
      } else if (EqualsIgnoreCase(member, "close")) {
        options.close = true;
      } else if (EqualsIgnoreCase(member, "upgrade")) {
        options.upgrade = true;  // a field that is hop-by-hop anyway
      } else {
        MarkNamed(fields, member);
      }
    });
  }
  return options;
}

}  // namespace balancer::http
