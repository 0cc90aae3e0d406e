#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace balancer::model {

// An IP address. IPv4 is kept as IPv4-mapped IPv6 (::ffff:a.b.c.d), so that a peer of a dual-stack
// listener compares equal to its plain form.
class IpAddress {
 public:
  IpAddress() = default;
  explicit IpAddress(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  // Parses dotted IPv4 or IPv6 text, without brackets, zone or port.
  static std::optional<IpAddress> Parse(std::string_view text);

  // Network byte order.
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  bool is_v4() const;

  // "127.0.0.1" or "::1" (RFC 5952).
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// A network in CIDR notation (RFC 4632): "10.0.0.0/8", "::1/128". A bare address is a network of
// one.
class Cidr {
 public:
  // Fails on bad text and on set bits past the prefix ("10.0.0.1/8").
  static std::optional<Cidr> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

 private:
  IpAddress network_;
  int prefix_bits_ = 128;  // of the 128-bit form
};

// True when one of `networks` contains `address`.
bool ContainsAddress(std::span<const Cidr> networks, const IpAddress& address);

}  // namespace balancer::model
