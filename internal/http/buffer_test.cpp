#include "internal/http/buffer.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using balancer::http::Buffer;

TEST_CASE("bytes are kept in order, however far the buffer has to grow") {
  Buffer buffer;
  std::string all;
  CHECK(buffer.empty());
  for (int i = 0; i < 1000; ++i) {
    const std::string piece = std::to_string(i) + ",";
    buffer.Append(piece).Append("").Append(";");
    all += piece + ";";
    REQUIRE(buffer.view() == all);
  }
  CHECK(buffer.size() == all.size());
  CHECK(buffer.capacity() >= buffer.size());
}

TEST_CASE("room is made behind the bytes that there are, and counts as far as it was used") {
  Buffer buffer("head ");
  char* const room = buffer.MakeRoom(100);
  CHECK(buffer.view() == "head ");
  buffer.EndAt(std::ranges::copy(std::string_view("and body"), room).out);
  CHECK(buffer.view() == "head and body");
}

TEST_CASE("bytes go from the front, or all at once") {
  Buffer buffer("sent, unsent");
  buffer.EraseFront(6);
  CHECK(buffer.view() == "unsent");
  buffer.Clear();
  CHECK(buffer.empty());
  CHECK(buffer.Append("next").view() == "next");
}

TEST_CASE("memory is kept when it is cleared, and given back when it is freed") {
  Buffer buffer(std::string(1000, 'x'));
  const char* const memory = buffer.data();
  buffer.Clear();
  CHECK(buffer.Append(std::string(1000, 'y')).data() == memory);
  buffer.Free();
  CHECK(buffer.capacity() == 0);
  CHECK(buffer.empty());
}
