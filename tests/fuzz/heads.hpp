#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "internal/http/field.hpp"
#include "internal/http/message.hpp"
#include "internal/http/parser.hpp"
#include "internal/http/unfinished_head.hpp"
#include "tests/fuzz/fuzz.hpp"

// What holds for message heads of either kind.
namespace balancer::http {

inline bool Same(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Field& x, const Field& y) {
    return x.name == y.name && x.value == y.value && x.id == y.id && x.hop_by_hop == y.hop_by_hop;
  });
}

inline bool Same(const Framing& a, const Framing& b) {
  return a.kind == b.kind && a.length == b.length;
}

inline bool Same(const RequestHead& a, const RequestHead& b) {
  return a.method == b.method && a.target == b.target && a.host == b.host &&
         a.minor_version == b.minor_version && Same(a.fields, b.fields) &&
         Same(a.framing, b.framing) && a.keep_alive == b.keep_alive &&
         a.expects_continue == b.expects_continue && a.upgrade == b.upgrade;
}

inline bool Same(const ResponseHead& a, const ResponseHead& b) {
  return a.status == b.status && a.reason == b.reason && a.minor_version == b.minor_version &&
         Same(a.fields, b.fields) && Same(a.framing, b.framing) && a.keep_alive == b.keep_alive &&
         a.upgrade == b.upgrade;
}

// Visible characters, blanks, HTAB and bytes over 0x7F.
inline bool IsText(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7F); });
}

// Names are tokens, values are text without blanks around it, both views into `bytes`.
inline void CheckFields(const Fields& fields, std::string_view bytes) {
  for (const Field& field : fields) {
    FUZZ_CHECK(LiesIn(field.name, bytes) && LiesIn(field.value, bytes));
    FUZZ_CHECK(IsToken(field.name));
    FUZZ_CHECK(field.id == IdentifyField(field.name));
    FUZZ_CHECK(IsText(field.value));
    FUZZ_CHECK(field.value.find_first_not_of(" \t") == 0 || field.value.empty());
    FUZZ_CHECK(field.value.find_last_not_of(" \t") == field.value.size() - 1);
  }
}

// A head with the start line of `bytes` and these fields, written in the plainest way.
inline std::string WritePlainly(std::string_view bytes, const Fields& fields) {
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  std::string out(bytes.substr(0, bytes.find("\r\n")));
  out += "\r\n";
  for (const Field& field : fields) {
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return out + "\r\n";
}

// The first prefix of `bytes` that is not incomplete decides, and as the whole does: `parse` is
// ParseResult(std::string_view, Head&).
template <typename Head, typename Parse>
void CheckEveryPrefix(std::string_view bytes, Parse parse) {
  Head whole_head;
  Head head;
  const ParseResult whole = parse(bytes, whole_head);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const ParseResult part = parse(bytes.substr(0, size), head);
    if (part.status == ParseResult::Status::incomplete) continue;
    FUZZ_CHECK(part.status == whole.status);
    FUZZ_CHECK(part.error.code == whole.error.code);
    if (part.status == ParseResult::Status::error) return;
    FUZZ_CHECK(part.head_bytes == whole.head_bytes && part.head_bytes == size);
    FUZZ_CHECK(Same(head, whole_head));
    return;
  }
  FUZZ_CHECK(whole.status == ParseResult::Status::incomplete);
}

// A head that comes in pieces is read as if it came in one, with parses where UnfinishedHead says;
// nonsense may be found later only.
template <typename Head, typename Parse>
void CheckPieces(std::string_view bytes, std::size_t piece, const HeadLimits& limits, Parse parse) {
  Head whole_head;
  Head head;
  const ParseResult whole = parse(bytes, whole_head);
  UnfinishedHead unfinished;
  for (std::size_t size = 0; size < bytes.size();) {
    size = std::min(size + piece, bytes.size());
    if (!unfinished.ParseDue(bytes.substr(0, size), limits)) {
      FUZZ_CHECK(size < limits.head_bytes);
      continue;
    }
    const ParseResult part = parse(bytes.substr(0, size), head);
    if (part.status == ParseResult::Status::incomplete) {
      FUZZ_CHECK(size < limits.head_bytes);
      FUZZ_CHECK(FindHeadEnd(bytes.substr(0, size), 0) == std::string_view::npos);
      continue;
    }
    FUZZ_CHECK(part.status == whole.status);
    FUZZ_CHECK(part.status == ParseResult::Status::error || Same(head, whole_head));
    return;
  }
  FUZZ_CHECK(whole.status != ParseResult::Status::complete);
}

}  // namespace balancer::http
