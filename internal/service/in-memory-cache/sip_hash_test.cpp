#include "internal/service/in-memory-cache/sip_hash.hpp"

#include <set>
#include <string>

#include <catch2/catch.hpp>

using balancer::service::SipHash13;
using balancer::service::SipKey;

TEST_CASE("SipHash13 tells apart texts, lengths and keys") {
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  for (const SipKey key : {SipKey{0, 0}, SipKey{1, 0}, SipKey{0, 1}}) {
    for (std::size_t size = 0; size <= 40; ++size) {
      for (std::size_t at = 0; at <= size; ++at) {
        std::string text(size, '\0');
        if (at < size) text[at] = '\x80';
        seen.insert(SipHash13(text, key));
        ++count;
      }
    }
  }
  CHECK(seen.size() == count);
}

TEST_CASE("SipHash13 gives what other implementations give") {
  // CPython 3.11's hash() with PYTHONHASHSEED=0, that is with the key 0.
  CHECK(SipHash13("a", {0, 0}) == 0x407448d2b89b1813);
  CHECK(SipHash13("1234567", {0, 0}) == 0xa33d651594fdae81);
  CHECK(SipHash13("12345678", {0, 0}) == 0x3489982430560a87);
  CHECK(SipHash13("123.5.6.7:890", {0, 0}) == 0x5a653599a0fffe38);
  CHECK(SipHash13("0123456789abcdef", {0, 0}) == 0x1d42b30f7e060c24);
  CHECK(SipHash13(std::string(17, '\xff'), {0, 0}) == 0x8a3b21076fce3dc4);
  // The key 00 01 … 0f and no text.
  CHECK(SipHash13("", {0x0706050403020100, 0x0f0e0d0c0b0a0908}) == 0xabac0158050fc4dc);
}
