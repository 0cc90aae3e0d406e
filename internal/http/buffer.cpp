#include "internal/http/buffer.hpp"

#include <algorithm>
#include <utility>

namespace balancer::http {

void Buffer::Grow(std::size_t bytes) {
  capacity_ = std::max(2 * capacity_, size_ + bytes);
  auto grown = std::make_unique_for_overwrite<char[]>(capacity_);
  if (size_ > 0) std::memcpy(grown.get(), bytes_.get(), size_);
  bytes_ = std::move(grown);
}

}  // namespace balancer::http
