#pragma once

#include "internal/http/field.hpp"
#include "internal/http/field_id_set.hpp"

// What concerns one connection only. Internal to this folder.
namespace balancer::http {

// Fields that are never forwarded, named in Connection or not (RFC 9110 §7.6.1).
inline constexpr FieldIdSet kAlwaysHopByHop{FieldId::connection,
                                            FieldId::keep_alive,
                                            FieldId::proxy_authenticate,
                                            FieldId::proxy_authorization,
                                            FieldId::proxy_connection,
                                            FieldId::te,
                                            FieldId::trailer,
                                            FieldId::transfer_encoding,
                                            FieldId::upgrade};

// What the Connection fields ask of the connection itself.
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;

  // Whether the connection outlives the message (RFC 9112 §9.3).
  bool Persists(int minor_version) const { return !close && (minor_version >= 1 || keep_alive); }
};

// Reads all Connection fields, and marks the fields that they name as hop-by-hop. Names of fields
// that others rely on (Host, Content-Length, Authorization, X-Request-ID, Forwarded, X-Forwarded-…)
// are ignored: a client must not be able to have them taken out on the way.
ConnectionOptions ReadConnection(Fields& fields);

}  // namespace balancer::http
