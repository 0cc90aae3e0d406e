#include "internal/service/token-manager/token_bucket.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace balancer::service {
namespace {

__extension__ using Int128 = __int128;

// Full-to-empty spans above this are counted in coarser units...
constexpr double kSpanWanted = 0x1p61;
// ...but not coarser than 2^40 / 18 ns, a minute: a limit that still does not fit then refills so
// slowly (a token in thousands of years) that its period can be cut short unnoticed.
constexpr int kMaxShift = 40;
constexpr std::int64_t kMaxSpan = std::int64_t{1} << 62;

// The smallest whole number that is at least a / b. Exact: rounding of the quotient is undone.
double DivideUp(double a, double b) {
  const double quotient = std::ceil(a / b);
  if (!std::isfinite(quotient) || std::fma(quotient, b, -a) >= 0) return quotient;
  return std::max(quotient + 1, std::nextafter(quotient, std::numeric_limits<double>::infinity()));
}

}  // namespace

TokenBucket::Pace::Pace(const model::Limit& limit)
    : capacity(static_cast<std::uint32_t>(limit.capacity)), shift(0) {
  constexpr double kUnitsPerSec = 1e9 * kUnitsPerNs;
  const auto tokens = static_cast<double>(limit.capacity);
  const double span = tokens * (kUnitsPerSec / limit.rate_per_sec);
  while (shift < kMaxShift && std::ldexp(span, -shift) > kSpanWanted) ++shift;

  const double units = DivideUp(std::ldexp(kUnitsPerSec, -shift), limit.rate_per_sec);
  const double most = std::floor(static_cast<double>(kMaxSpan) / tokens);
  period = static_cast<std::uint64_t>(std::min(units, most));
  // In coarse units a time that is rounded down can seem one unit longer than it was: a period of
  // one more pays for it.
  if (shift > 0) ++period;
}

std::chrono::seconds TokenBucket::RetryAfter(Time now) const {
  const std::uint64_t units = pace_.Units(now);
  const std::uint64_t next =
      std::max(full_at_.load(std::memory_order_relaxed), units) + pace_.period;
  const std::uint64_t latest = units + pace_.span();
  constexpr Int128 kUnitsPerSec = Int128{1'000'000'000} * Pace::kUnitsPerNs;
  const Int128 wait = next > latest ? Int128{next - latest} << pace_.shift : 0;
  const Int128 seconds = (wait + kUnitsPerSec - 1) / kUnitsPerSec;
  return std::chrono::seconds(static_cast<std::int64_t>(
      std::clamp<Int128>(seconds, 1, std::numeric_limits<std::int32_t>::max())));
}

void TokenBucket::Change(const model::Limit& limit, Time now) {
  const Pace before = pace_;
  const Pace after(limit);
  if (before == after) return;

  const std::uint64_t full_at = full_at_.load(std::memory_order_relaxed);
  const std::uint64_t units = before.Units(now);
  // Tokens missing, times before.period; then what is missing of the new capacity, in new units.
  const Int128 missing = full_at > units ? full_at - units : 0;
  const Int128 kept_debt = (missing * after.period + before.period - 1) / before.period;
  const Int128 more_room = (Int128{after.capacity} - Int128{before.capacity}) * after.period;
  const Int128 debt = std::clamp<Int128>(kept_debt + more_room, 0, kMaxSpan);

  pace_ = after;
  full_at_.store(after.Units(now) + static_cast<std::uint64_t>(debt), std::memory_order_relaxed);
}

}  // namespace balancer::service
