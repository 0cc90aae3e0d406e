#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

// recv() and send() without glibc's wrappers. Those are points at which a thread can be cancelled,
// which costs 50 instructions a call as soon as a program has several threads
// (docs/decisions/0009-native-front-end.md); nobody cancels a thread here. GCC's sanitizers get the
// wrappers, in which they look at the bytes.
namespace balancer::server {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

inline ssize_t BareRecv(int fd, void* bytes, std::size_t size, int flags) {
  return recv(fd, bytes, size, flags);
}

inline ssize_t BareSend(int fd, const void* bytes, std::size_t size, int flags) {
  return send(fd, bytes, size, flags);
}

#else

inline ssize_t BareRecv(int fd, void* bytes, std::size_t size, int flags) {
  return syscall(SYS_recvfrom, fd, bytes, size, flags, nullptr, nullptr);
}

inline ssize_t BareSend(int fd, const void* bytes, std::size_t size, int flags) {
  return syscall(SYS_sendto, fd, bytes, size, flags, nullptr, 0);
}

#endif

}  // namespace balancer::server
