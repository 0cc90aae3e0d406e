#pragma once

#include <string>
#include <string_view>

namespace test_backend {

// A request as the echo sees it; the views need only live for the call.
struct Request {
  std::string_view server_address;  // "127.0.0.1:8081"
  std::string_view method;
  std::string_view uri;   // as sent, with its query
  std::string_view body;  // empty: none was sent
};

struct Reply {
  int status = 200;
  std::string body;  // JSON
};

// 200 with what was asked and, as `your_message`, the JSON that was sent, byte for byte (null
// without a body); 400 with {"error": …} when the body is not one JSON value (RFC 8259) in UTF-8,
// or holds a number past what a double can (1e400).
Reply Echo(const Request& request);

}  // namespace test_backend
