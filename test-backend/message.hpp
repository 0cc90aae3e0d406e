#pragma once

#include <string>
#include <string_view>

namespace test_backend {

// A request as those see it who answer it; the views live until it is answered or deferred.
struct Request {
  std::string_view server_address;  // "127.0.0.1:8081"
  std::string_view method;
  std::string_view uri;   // as sent, with its query
  std::string_view body;  // empty: none was sent
};

struct Reply {
  int status = 200;
  std::string body;         // JSON
  std::string fields = {};  // further header fields, each with its line end
};

inline const Reply kOk{200, R"({"status":"ok"})"};

}  // namespace test_backend
