#include <string>

#include "internal/model/client_limit.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::model;

// What passes is of the size allowed, has no control bytes, and is well-formed in every part: two
// ids that pass make one that passes, if it is not too long.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = AsText(data, size);
  const auto result = CheckClientId(text);
  if (!result) {
    FUZZ_CHECK(result.error().code == ErrorCode::invalid_argument);
    FUZZ_CHECK(!result.error().detail.empty());
    return 0;
  }
  FUZZ_CHECK(size >= 1 && size <= kMaxClientIdBytes);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    FUZZ_CHECK(byte >= 0x20 && byte != 0x7F && byte != 0xC0 && byte != 0xC1 && byte < 0xF5);
  }
  const std::string twice = std::string(text) + std::string(text);
  FUZZ_CHECK(CheckClientId(twice).has_value() == (twice.size() <= kMaxClientIdBytes));
  return 0;
}
