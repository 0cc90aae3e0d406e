#include "internal/http/skip_run.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace balancer::http {
namespace {

// Where it stops, by the definition of the class.
template <CharClass kClass>
std::size_t EndByTable(const std::string& text) {
  std::size_t end = 0;
  while (end < text.size() && Is(text[end], kClass)) ++end;
  return end;
}

template <CharClass kClass>
std::size_t EndOfRun(const std::string& text) {
  const char* const end = text.data() + text.size();
  const std::size_t found = SkipRun<kClass>(text.data(), end) - text.data();
  CHECK(SkipBytes(text.data(), end, kClass) == text.data() + found);
  return found;
}

// Every byte, at each place of texts up to some blocks long.
template <CharClass kClass>
void CheckEveryByte() {
  for (int byte = 0; byte <= 0xFF; ++byte) {
    for (const std::size_t size : {1, 7, 16, 17, 35}) {
      for (std::size_t place = 0; place < size; ++place) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(byte);
        if (EndOfRun<kClass>(text) == EndByTable<kClass>(text)) continue;
        FAIL("byte " << byte << " at " << place << " of " << size);
      }
    }
  }
}

TEST_CASE("A run of a class ends at the first byte that is not of it") {
  CheckEveryByte<kTokenChar>();
  CheckEveryByte<kTargetChar>();
  CheckEveryByte<kTextChar>();
}

TEST_CASE("A run goes on behind a sign that names seldom have") {
  CHECK(EndOfRun<kTokenChar>("x_forwarded_for_some_reason: y") == 27);
  CHECK(EndOfRun<kTokenChar>("!#$%&'*+-.^_`|~!#$%&'*+-.^_`|~ y") == 30);
}

TEST_CASE("A run of nothing") {
  CHECK(EndOfRun<kTextChar>("") == 0);
  CHECK(EndOfRun<kTokenChar>(std::string(40, ':')) == 0);
}

}  // namespace
}  // namespace balancer::http
