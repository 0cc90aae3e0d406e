// What the two programs of the benchmark share.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace bench {

[[noreturn]] inline void Die(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

// For a system call's result: ends the program when it failed.
inline int Check(int result, const char* what) {
  if (result < 0) Die(std::string(what) + ": " + std::strerror(errno));
  return result;
}

inline sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline int NewSocket() {
  const int fd = Check(::socket(AF_INET, SOCK_STREAM, 0), "socket");
  const int on = 1;
  Check(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  return fd;
}

inline void Watch(int epoll, int fd, std::uint32_t events, void* data) {
  epoll_event event{};
  event.events = events | EPOLLET;
  event.data.ptr = data;
  Check(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

// The Content-Length of a head (0 without one). Knows no more HTTP than these two programs' peers
// need: a chunked message ends the program.
inline std::uint64_t BodyLength(std::string_view head) {
  std::uint64_t length = 0;
  for (std::size_t at = head.find("\r\n"); at + 4 < head.size(); at = head.find("\r\n", at + 2)) {
    const char* field = head.data() + at + 2;
    if ((*field | 0x20) == 'c' && ::strncasecmp(field, "content-length:", 15) == 0) {
      length = std::strtoull(field + 15, nullptr, 10);
    }
    if ((*field | 0x20) == 't' && ::strncasecmp(field, "transfer-encoding:", 18) == 0) {
      Die("a chunked message: the benchmark's peers send lengths");
    }
  }
  return length;
}

}  // namespace bench
