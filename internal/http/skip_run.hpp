#pragma once

#include <bit>
#include <cstdint>

#include "internal/http/syntax.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

// The long runs of a head: names, targets and values. Internal to this folder.
namespace balancer::http {

#ifdef __SSE2__
// Sixteen bytes of a head.
class Block {
 public:
  static constexpr std::ptrdiff_t kBytes = 16;

  explicit Block(const char* at)
      : bytes_(reinterpret_cast<Bytes>(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)))) {}

  // A bit for each byte that is not of the class, the first byte's lowest; of kTokenChar also for
  // the signs that names seldom have.
  template <CharClass kClass>
  std::uint32_t Others() const {
    static_assert(kClass == kTokenChar || kClass == kTargetChar || kClass == kTextChar);
    if constexpr (kClass == kTargetChar) {
      return Bits((bytes_ <= 0x20) | (bytes_ == '#') | (bytes_ == 0x7F));
    } else if constexpr (kClass == kTextChar) {
      return Bits(((bytes_ < 0x20) & (bytes_ != '\t')) | (bytes_ == 0x7F));
    } else {
      const Bytes letters = (bytes_ | 0x20) - 'a';
      const Bytes digits = bytes_ - '0';
      return Bits((letters < 26) | (digits < 10) | (bytes_ == '-')) ^ 0xFFFF;
    }
  }

 private:
  using Bytes = unsigned char __attribute__((vector_size(kBytes)));

  template <typename Mask>
  static std::uint32_t Bits(Mask mask) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(reinterpret_cast<__m128i>(mask)));
  }

  Bytes bytes_;
};
#endif

// SkipBytes, by blocks as far as the processor has them and there are whole ones.
template <CharClass kClass>
const char* SkipRun(const char* at, const char* end) {
#ifdef __SSE2__
  for (; end - at >= Block::kBytes; at += Block::kBytes) {
    const std::uint32_t others = Block(at).Others<kClass>();
    if (others == 0) continue;
    at += std::countr_zero(others);
    if (!Is(*at, kClass)) return at;
    break;
  }
#endif
  return SkipBytes(at, end, kClass);
}

}  // namespace balancer::http
