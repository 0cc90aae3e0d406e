#pragma once

#include <string_view>

#include "internal/http/buffer.hpp"
#include "internal/http/message.hpp"
#include "internal/model/cidr.hpp"

// Heads as they leave us: always framed anew, hop-by-hop fields left out, forwarding fields put in.
// Everything is appended to `out` in one pass; nothing is allocated but by its growth.
namespace balancer::http {

// What we tell a backend about the client.
struct ForwardedFor {
  std::string_view peer_ip;      // the address that the request came from, as text
  bool peer_is_trusted = false;  // its own X-Forwarded-Proto and -Host are kept (trusted_proxies)
  std::string_view request_id;   // X-Request-ID, used when the request has none
};

// Appends a request head for a backend, HTTP/1.1: `base_path` and the target joined with one slash
// between ("/base" + "/x"; a target "*" goes as it is), Host as the client sent it (or `authority`,
// where it sent none), the end-to-end fields in order, and X-Forwarded-For (appended to, several
// lines folded into one), X-Forwarded-Proto (http), X-Forwarded-Host, X-Request-ID. `framing`
// gives the one Content-Length or Transfer-Encoding (for kind none, Content-Length: 0 where the
// method usually has a body: POST, PUT, PATCH). No Connection field, no Expect: the connection is
// kept, and 100-continue is ours to answer. But a head with an upgrade asks for it: "Connection:
// upgrade" and the Upgrade field.
void AppendRequestHead(Buffer& out, const RequestHead& head, const Framing& framing,
                       std::string_view base_path, std::string_view authority,
                       const ForwardedFor& client);

// How a response goes to the client.
struct ResponseDelivery {
  Framing framing;                // until_close only with keep_alive false
  bool keep_alive = true;         // false adds "Connection: close"
  bool switch_protocols = false;  // of a 101: adds "Connection: upgrade", keeps the Upgrade field
  bool tell_keep_alive = false;   // adds "Connection: keep-alive" (HTTP/1.0 clients)
  std::string_view request_id;    // X-Request-ID, added unless the response has one
  std::string_view date;          // IMF-fixdate, added unless the response has a Date
};

// Appends a response head for a client: HTTP/1.1, status and reason (the registered one where it
// has none), the end-to-end fields in order, then framing and what ResponseDelivery adds. For an
// answer without a body (HEAD, 304: delivery.framing of kind none), the length in `head.framing`,
// or else in its own Content-Length, is kept as information; 1xx and 204 get neither.
void AppendResponseHead(Buffer& out, const ResponseHead& head, const ResponseDelivery& delivery);

}  // namespace balancer::http
