#pragma once

#include <string_view>

#include "tests/conformance/pattern.hpp"

namespace balancer::conformance {

// Who sends or sees the bytes of a line.
enum class Place { client_sends, backend_sees, backend_sends, client_sees };

// The bytes that a line of a case stands for: its text and CRLF, or without CRLF when it ends in a
// single backslash.
//
//   \r \n \t \0 \xNN \\ \{   a byte
//   {text*9000}              the text (with escapes) so many times
//
// Whole phrases; N counts the requests of a case (1 when left out), so that the id which the
// backend saw is the one that the client must see:
//
//   {ok}, {ok N}             a 200 with the body "ok", as a backend sends it or as it arrives
//   {forwarded N}            X-Forwarded-For, -Proto, -Host (for "Host: a"), and {id N}
//   {stamps N}               what a response is given: X-Request-ID with {id N}, and Date
//   {problem STATUS N}       an error of ours, whole, after which the connection is kept
//   {problem-body STATUS}    its end, from Content-Length on
//   {refused STATUS N}       the same with "Connection: close"
//
// Where something is seen, not sent:
//
//   {id N}                   an X-Request-ID made by the balancer
//   {date}                   an IMF-fixdate
//   {number}                 decimal digits
//   {backend}                the backend's address and port
//   {chunked text}           a chunked body with this content (or text*9000), in chunks of any
//                            sizes
//   {chunks text}            the same without its end
//
// Throws std::runtime_error that says what is wrong. White space at the line's end is wrong: it is
// not to be seen.
Pattern ReadLine(std::string_view text, Place place);

}  // namespace balancer::conformance
