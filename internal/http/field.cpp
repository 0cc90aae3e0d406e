#include "internal/http/field.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "internal/http/syntax.hpp"

namespace balancer::http {
namespace {

// Setting the bit that tells lower case from upper makes no other token character a letter or a
// hyphen, of which our names consist.
template <typename Word>
bool SameWord(const char* name, const char* lower) {
  constexpr auto kCaseBits = static_cast<Word>(0x2020202020202020);
  Word a;
  Word b;
  std::memcpy(&a, name, sizeof(Word));
  std::memcpy(&b, lower, sizeof(Word));
  return static_cast<Word>(a | kCaseBits) == b;
}

// `id` when the token `name`, which is as long as `lower`, is the same in any case. Compares the
// words at both ends, which may overlap.
template <std::size_t kSize>
FieldId IdIf(std::string_view name, const char (&lower)[kSize], FieldId id) {
  constexpr std::size_t kLength = kSize - 1;
  using Word = std::conditional_t<kLength >= 8, std::uint64_t,
                                  std::conditional_t<kLength >= 4, std::uint32_t, std::uint16_t>>;
  constexpr std::size_t kLast = kLength - sizeof(Word);
  bool same =
      SameWord<Word>(name.data(), lower) && SameWord<Word>(name.data() + kLast, lower + kLast);
  if constexpr (kLength > 2 * sizeof(Word)) {
    static_assert(kLength <= 3 * sizeof(Word));
    same = same && SameWord<Word>(name.data() + sizeof(Word), lower + sizeof(Word));
  }
  return same ? id : FieldId::other;
}

}  // namespace

// Of the names that we know, length and first letter tell each from the others.
FieldId IdentifyField(std::string_view name) {
  if (name.empty()) return FieldId::other;
  const char first = ToLower(name.front());
  switch (name.size()) {
    case 2:
      return IdIf(name, "te", FieldId::te);
    case 4:
      return first == 'h' ? IdIf(name, "host", FieldId::host) : IdIf(name, "date", FieldId::date);
    case 6:
      return IdIf(name, "expect", FieldId::expect);
    case 7:
      return first == 't' ? IdIf(name, "trailer", FieldId::trailer)
                          : IdIf(name, "upgrade", FieldId::upgrade);
    case 9:
      return IdIf(name, "forwarded", FieldId::forwarded);
    case 10:
      return first == 'c' ? IdIf(name, "connection", FieldId::connection)
                          : IdIf(name, "keep-alive", FieldId::keep_alive);
    case 12:
      return first == 'c' ? IdIf(name, "content-type", FieldId::content_type)
                          : IdIf(name, "x-request-id", FieldId::x_request_id);
    case 13:
      return IdIf(name, "authorization", FieldId::authorization);
    case 14:
      return IdIf(name, "content-length", FieldId::content_length);
    case 15:
      return IdIf(name, "x-forwarded-for", FieldId::x_forwarded_for);
    case 16:
      return first == 'x' ? IdIf(name, "x-forwarded-host", FieldId::x_forwarded_host)
                          : IdIf(name, "proxy-connection", FieldId::proxy_connection);
    case 17:
      return first == 't' ? IdIf(name, "transfer-encoding", FieldId::transfer_encoding)
                          : IdIf(name, "x-forwarded-proto", FieldId::x_forwarded_proto);
    case 18:
      return IdIf(name, "proxy-authenticate", FieldId::proxy_authenticate);
    case 19:
      return IdIf(name, "proxy-authorization", FieldId::proxy_authorization);
    default:
      return FieldId::other;
  }
}

const Field* Find(const Fields& fields, FieldId id) {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

const Field* Find(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (EqualsIgnoreCase(field.name, name)) return &field;
  }
  return nullptr;
}

bool EqualsIgnoreCaseOfSameSize(std::string_view a, std::string_view b) {
  return a == b || std::equal(a.begin(), a.end(), b.begin(),
                              [](char x, char y) { return ToLower(x) == ToLower(y); });
}

bool IsToken(std::string_view text) {
  const char* const end = text.data() + text.size();
  return !text.empty() && SkipBytes(text.data(), end, kTokenChar) == end;
}

bool ListHas(std::string_view list, std::string_view member) {
  bool has = false;
  ForEachMember(list, [&](std::string_view one) { has = has || EqualsIgnoreCase(one, member); });
  return has;
}

}  // namespace balancer::http
