#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace balancer::http {

// Bytes on their way to a socket: written at the back, all thrown away when they are sent. Unlike a
// std::string it does not fill the room that it makes with zeros, to be written over at once.
// Keeps its memory until Free(). One thread.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::string_view bytes) { Append(bytes); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const char* data() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data(), size_}; }

  // `bytes` must not be its own.
  Buffer& Append(std::string_view bytes) {
    if (!bytes.empty()) {
      std::memcpy(MakeRoom(bytes.size()), bytes.data(), bytes.size());
      size_ += bytes.size();
    }
    return *this;
  }

  // Room for so many bytes behind the last. Those written there count from EndAt() on, which says
  // where they end.
  char* MakeRoom(std::size_t bytes) {
    if (capacity_ - size_ < bytes) Grow(bytes);
    return bytes_.get() + size_;
  }
  void EndAt(const char* end) { size_ = static_cast<std::size_t>(end - bytes_.get()); }

  void Clear() { size_ = 0; }
  // REQUIRES: there are so many.
  void EraseFront(std::size_t bytes) {
    size_ -= bytes;
    std::memmove(bytes_.get(), bytes_.get() + bytes, size_);
  }
  // Clears it and gives its memory back.
  void Free() {
    bytes_.reset();
    size_ = capacity_ = 0;
  }

 private:
  void Grow(std::size_t bytes);

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace balancer::http
