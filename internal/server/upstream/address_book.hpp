#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace balancer::server::upstream {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// Where each backend is reached: of the addresses that its name has, the one to which a health
// check could connect last. Written by the health checker, read for every new connection. Any
// thread.
class AddressBook {
 public:
  explicit AddressBook(std::size_t backends) : addresses_(backends) {}

  std::optional<SocketAddress> Find(std::size_t backend) const {
    std::lock_guard lock(mu_);
    return addresses_[backend];
  }
  void Set(std::size_t backend, const SocketAddress& address) {
    std::lock_guard lock(mu_);
    addresses_[backend] = address;
  }

 private:
  mutable std::mutex mu_;
  std::vector<std::optional<SocketAddress>> addresses_;  // guarded by mu_
};

}  // namespace balancer::server::upstream
