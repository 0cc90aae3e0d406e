#pragma once

#include "test-backend/message.hpp"

namespace test_backend {

// 200 with what was asked and, as `your_message`, the JSON that was sent, byte for byte (null
// without a body); 400 with {"error": …} when the body is not one JSON value (RFC 8259) in UTF-8,
// or holds a number past what a double can (1e400).
Reply Echo(const Request& request);

}  // namespace test_backend
