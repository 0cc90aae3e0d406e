#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/e2e/support/http.hpp"

namespace balancer::e2e {

// A client's connection. One thread at a time.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port, const ConnectOptions& options = {})
      : socket_(std::make_unique<TcpSocket>(TcpSocket::Connect(port, options))),
        reader_(*socket_) {}

  // Raw bytes. False: the server closed meanwhile, which some tests are after.
  bool Send(std::string_view bytes) { return socket_->Send(bytes); }
  // Sends a request framed by Content-Length if it has a body. `fields` are whole lines, each with
  // its line end; Host is added unless they have one.
  bool SendRequest(std::string_view method, std::string_view target, std::string_view fields = "",
                   std::string_view body = "");

  // The next response, 1xx ones included.
  Response ReceiveAny(std::string_view method = "GET", milliseconds timeout = kPatience) {
    return reader_.ReadResponse(method, timeout);
  }
  // The next final response.
  Response Receive(std::string_view method = "GET", milliseconds timeout = kPatience);

  Response Call(std::string_view method, std::string_view target, std::string_view fields = "",
                std::string_view body = "") {
    SendRequest(method, target, fields, body);
    return Receive(method);
  }
  Response Get(std::string_view target = "/", std::string_view fields = "") {
    return Call("GET", target, fields);
  }

  // Whether the server closes (or resets) without sending anything more.
  bool ClosedByServer(milliseconds timeout = kPatience);
  TcpSocket& socket() { return *socket_; }

 private:
  std::unique_ptr<TcpSocket> socket_;
  MessageReader reader_;
};

// One request on a connection of its own.
Response Call(std::uint16_t port, std::string_view method, std::string_view target,
              std::string_view fields = "", std::string_view body = "");
Response Get(std::uint16_t port, std::string_view target = "/", std::string_view fields = "");

// What is wrong with an error of ours: "" when it has that status and is a one-line
// application/problem+json that says so; else a sentence for the test's log.
std::string ProblemMistake(const Response& response, int status);

// The text (escapes as they are) of `"name":"…"` or the number of `"name":…` in flat JSON; "" when
// it is not there.
std::string JsonMember(std::string_view json, std::string_view name);

// A body in chunks of `size` bytes, with its end.
std::string Chunked(std::string_view body, std::size_t size = 1000);

// Bytes that look alike nowhere: a piece lost, doubled or swapped shows.
std::string Pattern(std::size_t size);

}  // namespace balancer::e2e
