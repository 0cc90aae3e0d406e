#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "test-backend/message.hpp"
#include "test-backend/request_reader.hpp"

namespace test_backend {

// A client's connection: its socket, what came and what is still to be sent.
class Connection {
 public:
  enum class State {
    open,     // takes requests
    waits,    // the answer of one is deferred: no other is taken meanwhile
    ending,   // is closed once all is sent
    drained,  // all is sent, and said to be: what still comes is dropped until the client closes
    dead,
  };

  // Takes over the non-blocking descriptor.
  Connection(int fd, std::uint32_t generation) : fd_(fd), generation_(generation) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  // Tells it from an earlier connection with the same descriptor.
  std::uint32_t generation() const { return generation_; }
  State state() const { return state_; }
  RequestReader& reader() { return reader_; }

  // Events are edge-triggered: told once, and remembered here until the socket is empty.
  void SetReadable(bool hung_up);
  bool readable() const { return readable_; }
  // What the socket has, to the reader; sets `ending` where there will be no more.
  void Read();

  // The number of the deferred request; only with it Reply() is for that request.
  void Wait(std::uint64_t request_number);
  std::uint64_t request_number() const { return request_number_; }

  // Appends an answer, to be sent by Flush(). `last`: closes after it.
  void Put(const Reply& reply, std::string_view date, bool head_only, bool last);
  void PutContinue();
  std::size_t unsent() const { return output_.size(); }
  // Sends what the socket takes.
  void Flush();

 private:
  const int fd_;
  const std::uint32_t generation_;
  State state_ = State::open;
  RequestReader reader_;
  bool readable_ = false;
  bool hung_up_ = false;  // the socket has an end to be read
  std::uint64_t request_number_ = 0;
  std::string output_;
};

}  // namespace test_backend
