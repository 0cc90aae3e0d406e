#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace test_backend {

// Reads the requests of one connection, one after the other, from the pieces in which they come
// (RFC 9112). Bodies are taken whole, by Content-Length or chunked.
class RequestReader {
 public:
  static constexpr std::size_t kMaxHeadBytes = 64 * 1024;
  static constexpr std::size_t kMaxBodyBytes = 64 * 1024 * 1024;

  enum class Progress { incomplete, whole, bad };

  void Append(std::string_view bytes) { input_.append(bytes); }

  // The next request. `whole`: the accessors tell of it until the next call. `bad`: answer with
  // error_status() and close; there is no way to tell where the next request begins.
  Progress Next();

  std::string_view method() const { return method_; }
  std::string_view uri() const { return uri_; }
  std::string_view body() const { return body_; }
  // Whether the connection stays open after the answer.
  bool keep_alive() const { return keep_alive_; }
  int error_status() const { return error_status_; }

  // Whether the client waits for "100 Continue" before it sends the body; true once a request.
  bool TakeExpectation();

 private:
  enum class State { head, body, chunk_size, chunk, chunk_end, trailer };

  Progress Bad(int status);
  Progress ReadHead();
  // What is wrong with the lines between the request line and the empty line, as a status; 0 if
  // nothing.
  int ReadFields(std::string_view lines);
  int ReadField(std::string_view name, std::string_view value);
  Progress ReadBody();
  Progress ReadChunked();
  // The next line of a chunked body without its end; false: not there yet.
  bool TakeLine(std::string_view& line);
  Progress Whole();

  std::string input_;
  std::size_t at_ = 0;  // of what is not read yet in input_
  State state_ = State::head;
  std::string method_;
  std::string uri_;
  std::string body_;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  bool has_length_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool expectation_ = false;
  int error_status_ = 0;
};

}  // namespace test_backend
