#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace balancer::http {

// The fields that a proxy must tell apart. Found once, while parsing.
enum class FieldId : std::uint8_t {
  other,
  authorization,
  connection,
  content_length,
  content_type,
  date,
  expect,
  forwarded,
  host,
  keep_alive,
  proxy_authenticate,
  proxy_authorization,
  proxy_connection,
  te,
  trailer,
  transfer_encoding,
  upgrade,
  x_forwarded_for,
  x_forwarded_host,
  x_forwarded_proto,
  x_request_id,
};

// One header field line. Views into the bytes that were parsed.
struct Field {
  std::string_view name;   // a token (RFC 9110 §5.6.2), as it was sent
  std::string_view value;  // without surrounding white space
  FieldId id = FieldId::other;
  bool hop_by_hop = false;  // not to be forwarded (RFC 9110 §7.6.1), Connection's own list included
};

using Fields = std::vector<Field>;

// The id of a field name, in any case. REQUIRES: no CR in it.
FieldId IdentifyField(std::string_view name);

// The first field of that id or name, or nullptr.
const Field* Find(const Fields& fields, FieldId id);
const Field* Find(const Fields& fields, std::string_view name);

// ASCII only, as field names and most tokens compare. Most that are compared differ in length.
bool EqualsIgnoreCaseOfSameSize(std::string_view a, std::string_view b);
inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && EqualsIgnoreCaseOfSameSize(a, b);
}

// RFC 9110 §5.6.2; the empty string is none.
bool IsToken(std::string_view text);

// Whether a comma-separated list has that member, in any case: ListHas("a, Close", "close").
bool ListHas(std::string_view list, std::string_view member);

}  // namespace balancer::http
