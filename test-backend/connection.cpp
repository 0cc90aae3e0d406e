#include "test-backend/connection.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>

namespace test_backend {
namespace {

std::string_view ReasonOf(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "";
  }
}

}  // namespace

Connection::~Connection() {
  ::close(fd_);
}

void Connection::SetReadable(bool hung_up) {
  readable_ = true;
  hung_up_ = hung_up_ || hung_up;
}

void Connection::Read() {
  thread_local std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got > 0) {
    readable_ = hung_up_ || static_cast<std::size_t>(got) == buffer.size();
    if (state_ != State::drained) reader_.Append({buffer.data(), static_cast<std::size_t>(got)});
  } else if (got < 0 && errno == EAGAIN) {
    readable_ = false;
  } else {
    state_ = got == 0 && state_ != State::drained ? State::ending : State::dead;
  }
}

void Connection::Wait(std::uint64_t request_number) {
  state_ = State::waits;
  request_number_ = request_number;
}

void Connection::Put(const Reply& reply, std::string_view date, bool head_only, bool last) {
  fmt::format_to(std::back_inserter(output_),
                 "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nDate: {}\r\n"
                 "Content-Length: {}\r\n{}{}\r\n",
                 reply.status, ReasonOf(reply.status), date, reply.body.size(), reply.fields,
                 last ? "Connection: close\r\n" : "");
  if (!head_only) output_ += reply.body;
  state_ = last ? State::ending : State::open;
}

void Connection::PutContinue() {
  output_ += "HTTP/1.1 100 Continue\r\n\r\n";
}

void Connection::Flush() {
  while (!output_.empty()) {
    const ssize_t sent = ::send(fd_, output_.data(), output_.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) state_ = State::dead;
      return;
    }
    output_.erase(0, static_cast<std::size_t>(sent));
  }
  if (state_ == State::ending) {
    // Closed at once, with bytes unread, the answer could be lost to a reset (RFC 9112 §9.6).
    ::shutdown(fd_, SHUT_WR);
    state_ = State::drained;
  }
}

}  // namespace test_backend
