#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace test_backend {

struct Listener {
  int fd;               // non-blocking, the caller's
  std::string address;  // as told, with the port that is really used
};

// `host_port` is "127.0.0.1:8081", "localhost:8081" or "[::1]:8081"; port 0 lets the kernel choose.
// The error says what is wrong with the address, or why it cannot be had.
tl::expected<Listener, std::string> Listen(std::string_view host_port);

}  // namespace test_backend
