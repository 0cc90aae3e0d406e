#include "internal/model/cidr.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace balancer::model {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  const std::string terminated(text);  // inet_pton wants a C string
  if (terminated.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return IpAddress(bytes);
  std::ranges::copy(kMappedPrefix, bytes.begin());
  if (inet_pton(AF_INET, terminated.c_str(), bytes.data() + 12) == 1) return IpAddress(bytes);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  const char* written = is_v4() ? inet_ntop(AF_INET, bytes_.data() + 12, text, sizeof text)
                                : inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
  return written;
}

std::optional<Cidr> Cidr::Parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::Parse(text.substr(0, slash));
  if (!address) return std::nullopt;

  Cidr cidr;
  cidr.network_ = *address;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    int bits = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const int widest = address->is_v4() ? 32 : 128;
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    if (bits < 0 || bits > widest || digits.front() == '-') return std::nullopt;
    cidr.prefix_bits_ = 128 - widest + bits;
  }
  for (int bit = cidr.prefix_bits_; bit < 128; ++bit) {
    if (address->bytes()[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
  }
  return cidr;
}

bool Cidr::Contains(const IpAddress& address) const {
  const int whole = prefix_bits_ / 8;
  const auto& ours = network_.bytes();
  const auto& theirs = address.bytes();
  if (!std::equal(ours.begin(), ours.begin() + whole, theirs.begin())) return false;
  const int rest = prefix_bits_ % 8;
  return rest == 0 || ((ours[whole] ^ theirs[whole]) >> (8 - rest)) == 0;
}

bool ContainsAddress(std::span<const Cidr> networks, const IpAddress& address) {
  return std::ranges::any_of(networks, [&](const Cidr& c) { return c.Contains(address); });
}

}  // namespace balancer::model
