#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/e2e/support/tcp.hpp"

// HTTP/1.1 as a test needs it: written without the product's own code, so that a mistake there is
// not made twice.
namespace balancer::e2e {

// A start line and fields, as they were sent.
struct Head {
  std::string start_line;
  std::vector<std::pair<std::string, std::string>> fields;

  // The value of the first field of that name (in any case), or "".
  std::string Field(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;
  std::size_t Count(std::string_view name) const { return All(name).size(); }
  bool Has(std::string_view name) const { return Count(name) > 0; }
};

// `text` ends with the empty line.
Head ParseHead(std::string_view text);

// A message read from a socket. How it ended matters as much as what it said.
struct Message : Head {
  enum class End {
    none,      // nothing came: closed (or reset) before the first byte
    timeout,   // the rest did not come in time
    cut,       // closed in the middle: not all of what was announced
    nonsense,  // bytes that are not HTTP, or framed in two ways at once
    whole,
  };
  End end = End::none;
  std::string body;  // without chunked coding
  bool until_close = false;
  std::string raw;  // head and body as they came

  bool whole() const { return end == End::whole; }
};

struct Response : Message {
  int status = 0;  // 0: no head came
  int minor_version = 1;
};

// Reads messages from a socket, one after the other, keeping what belongs to the next one.
class MessageReader {
 public:
  explicit MessageReader(TcpSocket& socket) : socket_(socket) {}

  // `request_method`: of the request that is answered; a HEAD has no body.
  Response ReadResponse(std::string_view request_method, milliseconds timeout = kPatience);
  Message ReadRequest(milliseconds timeout = kPatience);
  // A request's head alone; its body is left unread.
  Message ReadRequestHead(milliseconds timeout = kPatience);
  // The next line as it comes, without its LF. False: there is none.
  bool ReadLine(std::string& line, milliseconds timeout = kPatience);
  // The body that follows `head`, appended to it.
  void ReadBody(Message& head, bool is_response, milliseconds timeout = kPatience);

 private:
  bool More(Message& message, const Deadline& deadline);
  bool ReadHead(Message& message, const Deadline& deadline);
  void ReadLength(Message& message, std::size_t length, const Deadline& deadline);
  void ReadChunked(Message& message, const Deadline& deadline);
  std::optional<std::string> TakeLine(Message& message, const Deadline& deadline);

  TcpSocket& socket_;
  std::string buffer_;
};

}  // namespace balancer::e2e
