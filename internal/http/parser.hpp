#pragma once

#include <cstddef>
#include <string_view>

#include "internal/http/message.hpp"
#include "internal/model/error.hpp"

// HTTP/1.x heads as RFC 9112 writes them, and nothing more lenient: a message that two parsers
// could read differently is an error. No sockets, no state between calls; safe on any thread.
namespace balancer::http {

struct HeadLimits {
  std::size_t head_bytes = 32768;  // start line and fields with their line ends
  std::size_t field_count = 100;
  std::size_t target_bytes = 8192;
};

// What came of reading a head from the beginning of some bytes.
struct ParseResult {
  enum class Status { complete, incomplete, error };
  Status status = Status::incomplete;
  std::size_t head_bytes = 0;  // complete: where the body begins
  model::Error error;          // error: what to answer
};

// Finds the end of a head: the offset just past the empty line, or npos. `from` says how far an
// earlier call has looked (the number of bytes there were then), so that bytes coming one by one
// are not looked at again and again. A bare LF does not end a line.
std::size_t FindHeadEnd(std::string_view bytes, std::size_t from);

// Reads a request head from the beginning of `bytes`, leaving views into them in `head`.
// CRLF line(s) before the request line are skipped (RFC 9112 §2.2) and count as head bytes.
//
// Incomplete bytes that can no longer become a valid head are an error at once where that is
// cheap to see: a request line over its limit (uri_too_long), a head over its limits
// (head_too_large), a control character, a bare LF or a NUL (malformed_request).
//
// malformed_request: a method that is no token; a target in none of the forms of RFC 9112 §3.2, or
// with userinfo, a control character, a space or a '#' (bytes over 0x7F pass: backends are known to
// need them); "*" but for OPTIONS; a version that is not HTTP/1.x (unknown_version for a
// well-formed other one, the HTTP/2 preface too); obs-fold; white space before a colon; an empty or
// non-token field name; NUL, CR, LF or another control but HTAB in a value; no Host (HTTP/1.1),
// several Hosts, a Host that is no uri-host[:port] or that differs from an absolute-form target's
// authority; Content-Length with Transfer-Encoding; several Content-Lengths, a list of them, or one
// that is not 1*DIGIT or overflows 63 bits; a Transfer-Encoding in HTTP/1.0, a repeated `chunked`,
// one with parameters, or one not last.
//
// unknown_coding: a Transfer-Encoding with a well-formed coding other than chunked.
//
// expectation_failed: an Expect other than 100-continue (HTTP/1.1 only; ignored in HTTP/1.0).
//
// CONNECT is read (authority-form) and left to the caller to refuse.
ParseResult ParseRequestHead(std::string_view bytes, const HeadLimits& limits, RequestHead& head);

// Reads a response head from the beginning of `bytes`. `request_method` decides, with the status,
// whether a body follows (RFC 9112 §6.3: none after HEAD, 1xx, 204 and 304). Every error is
// backend_bad_response; the rules for fields and framing are those for requests, but that a
// repeated Content-Length of one and the same value is taken, and obs-fold too is an error.
// A Transfer-Encoding other than `chunked` is an error. With neither, the body runs until_close.
ParseResult ParseResponseHead(std::string_view bytes, const HeadLimits& limits,
                              std::string_view request_method, ResponseHead& head);

}  // namespace balancer::http
