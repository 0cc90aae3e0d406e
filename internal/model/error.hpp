#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace balancer::model {

// Everything that is expected to go wrong, grouped by who caused it.
// http::ToProblem() is the one place that gives each its HTTP status.
enum class ErrorCode : std::uint8_t {
  // Client: the request cannot be served as it was sent.
  malformed_request,   // not HTTP/1.x, or readable in two ways
  uri_too_long,        // request target over server.uri_bytes
  head_too_large,      // request head over server.header_bytes or header_count
  body_too_large,      // request body over server.body_bytes
  unknown_coding,      // a well-formed Transfer-Encoding that we do not decode
  unknown_version,     // an HTTP version that we do not speak
  expectation_failed,  // an Expect other than 100-continue
  request_timeout,     // the client was too slow
  rate_limited,        // no token left in the client's bucket

  // Client, control plane.
  invalid_argument,  // a field is missing, mistyped or out of range
  unauthorized,      // a token is asked for and not given
  forbidden,         // the peer may not use the control plane
  not_found,
  method_not_allowed,
  already_exists,

  // Upstream.
  no_backend,            // no backend is available
  backend_unreachable,   // connect refused, reset, closed before a response
  backend_bad_response,  // what came is no HTTP/1.x response
  backend_timeout,       // no answer in time

  // Storage.
  storage_unavailable,  // no connection, or it was lost; may be tried again
  storage_failed,       // the store answered with an error; trying again will not help

  // Configuration and start-up.
  config_invalid,
  internal,  // a bug of ours
};

// An expected failure.
struct Error {
  ErrorCode code = ErrorCode::internal;
  // For people. Shown to clients, so it never carries a library's or a database's raw text.
  std::string detail;
};

template <typename T>
using Result = tl::expected<T, Error>;

// `return Fail(ErrorCode::not_found, "no such client_id");` from a function that returns Result<T>.
inline tl::unexpected<Error> Fail(ErrorCode code, std::string detail = {}) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace balancer::model
