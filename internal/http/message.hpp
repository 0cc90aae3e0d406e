#pragma once

#include <cstdint>
#include <string_view>

#include "internal/http/field.hpp"

namespace balancer::http {

// How a message's body ends (RFC 9112 §6).
struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;  // bytes, for Kind::length

  bool has_body() const { return kind != Kind::none && !(kind == Kind::length && length == 0); }
};

// A request head, read. Views into the parsed bytes: it lives as long as they do.
struct RequestHead {
  std::string_view method;
  // Origin-form or "*". An absolute-form target is cut to its origin-form; of "http://host?x" that
  // is "?x", and AppendRequestHead puts the slash in front.
  std::string_view target;
  std::string_view host;   // the authority asked for; empty for an HTTP/1.0 request without one
  int minor_version = 1;   // of HTTP/1.x
  Fields fields;           // in order, hop-by-hop ones marked
  Framing framing;         // none, length or chunked
  bool keep_alive = true;  // the client can go on after this one (RFC 9112 §9.3)
  bool expects_continue = false;
  // The protocol that the client asks to switch to and that may be passed on (RFC 9110 §7.8): one
  // Upgrade field of HTTP/1.1 that Connection names, on a request without a body. Never h2c, which
  // would carry requests past us unread. Empty otherwise.
  std::string_view upgrade;

  // Empties it, keeping its memory.
  void Clear();
  // The target up to its query.
  std::string_view path() const { return target.substr(0, target.find('?')); }
  // What follows the first '?', or empty.
  std::string_view query() const;
};

// A response head, read or made. Views, as in RequestHead.
struct ResponseHead {
  int status = 200;
  std::string_view reason;  // may be empty
  int minor_version = 1;
  Fields fields;
  Framing framing;
  bool keep_alive = true;    // the connection that it came on can be used again
  std::string_view upgrade;  // of a 101: the protocol that is switched to

  void Clear();
};

// Methods that may be sent twice: RFC 9110 §9.2.2, those that a proxy meets.
bool IsIdempotent(std::string_view method);

// "Not Found" for 404; "" for a code without a registered phrase (RFC 9110 §15).
std::string_view ReasonPhrase(int status);

}  // namespace balancer::http
