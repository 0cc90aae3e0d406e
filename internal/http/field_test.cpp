#include "internal/http/field.hpp"

#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "internal/http/hop_by_hop.hpp"

namespace balancer::http {
namespace {

const std::pair<std::string_view, FieldId> kNames[] = {
    {"authorization", FieldId::authorization},
    {"connection", FieldId::connection},
    {"content-length", FieldId::content_length},
    {"content-type", FieldId::content_type},
    {"date", FieldId::date},
    {"expect", FieldId::expect},
    {"forwarded", FieldId::forwarded},
    {"host", FieldId::host},
    {"keep-alive", FieldId::keep_alive},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"proxy-connection", FieldId::proxy_connection},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"upgrade", FieldId::upgrade},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"x-request-id", FieldId::x_request_id},
};

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

Fields MakeFields(std::initializer_list<std::pair<std::string_view, std::string_view>> lines) {
  Fields fields;
  for (const auto& [name, value] : lines) {
    const FieldId id = IdentifyField(name);
    fields.push_back({name, value, id, kAlwaysHopByHop.Has(id)});
  }
  return fields;
}

// Whether the field `name` goes no further beside a Connection field with that list.
bool IsMarked(std::string_view name, std::string_view connection) {
  Fields fields = MakeFields({{"Connection", connection}, {name, "x"}});
  ReadConnection(fields);
  return fields[1].hop_by_hop;
}

TEST_CASE("Every known field name is told in any case") {
  for (const auto& [name, id] : kNames) {
    CAPTURE(name);
    CHECK(IdentifyField(name) == id);
    CHECK(IdentifyField(Upper(name)) == id);
  }
}

TEST_CASE("A name that differs in one letter is another") {
  for (const auto& [name, id] : kNames) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      for (const char c : std::string_view("z_0~!@[")) {
        if (name[i] == c) continue;
        std::string other(name);
        other[i] = c;
        CAPTURE(other);
        CHECK(IdentifyField(other) == FieldId::other);
      }
    }
    CHECK(IdentifyField(std::string(name) + "s") == FieldId::other);
    CHECK(IdentifyField(name.substr(1)) == FieldId::other);
  }
  CHECK(IdentifyField("") == FieldId::other);
}

TEST_CASE("Some fields go no further, whatever Connection says") {
  for (const std::string_view name :
       {"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
        "TE", "Trailer", "Transfer-Encoding", "Upgrade"}) {
    CAPTURE(name);
    CHECK(IsMarked(name, "close"));
  }
  CHECK_FALSE(IsMarked("Accept", "close"));
  CHECK_FALSE(IsMarked("Date", "close"));
}

TEST_CASE("Connection names fields that go no further") {
  CHECK(IsMarked("X-Secret", "X-Secret"));
  CHECK(IsMarked("x-secret", "close ,\tX-SECRET, foo"));
  CHECK(IsMarked("Cookie", "cookie"));
  CHECK(IsMarked("Date", ",, date"));
  CHECK_FALSE(IsMarked("X-Secret", "X-Secre"));
  CHECK_FALSE(IsMarked("X-Secret", "X-Secret2"));
  CHECK_FALSE(IsMarked("X-Secret", "X-Secret X-Other"));
  CHECK_FALSE(IsMarked("Close", "close"));
  CHECK_FALSE(IsMarked("X-Secret", ""));
}

TEST_CASE("Every Connection field counts, before and after the named one") {
  Fields fields = MakeFields({{"A", "1"},
                              {"Connection", "b"},
                              {"B", "2"},
                              {"connection", "a, b"},
                              {"b", "3"},
                              {"C", "4"}});
  ReadConnection(fields);
  CHECK(fields[0].hop_by_hop);
  CHECK(fields[2].hop_by_hop);
  CHECK(fields[4].hop_by_hop);
  CHECK_FALSE(fields[5].hop_by_hop);
}

TEST_CASE("Connection cannot take out what others rely on") {
  for (const std::string_view name :
       {"Host", "Content-Length", "Authorization", "X-Request-ID", "Forwarded", "X-Forwarded-For",
        "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port"}) {
    CAPTURE(name);
    CHECK_FALSE(IsMarked(name, name));
    CHECK_FALSE(IsMarked(name, "close, " + Upper(name)));
  }
  CHECK(IsMarked("X-Forwarded", "X-Forwarded"));
}

TEST_CASE("The first field is found by id or name") {
  const Fields fields =
      MakeFields({{"Accept", "1"}, {"host", "2"}, {"Host", "3"}, {"accept", "4"}});
  CHECK(Find(fields, FieldId::host)->value == "2");
  CHECK(Find(fields, "ACCEPT")->value == "1");
  CHECK(Find(fields, FieldId::date) == nullptr);
  CHECK(Find(fields, "Accept-") == nullptr);
}

TEST_CASE("Names compare without case, in ASCII only") {
  CHECK(EqualsIgnoreCase("", ""));
  CHECK(EqualsIgnoreCase("Keep-Alive", "kEEP-aLIVE"));
  CHECK_FALSE(EqualsIgnoreCase("a", "ab"));
  CHECK_FALSE(EqualsIgnoreCase("[", "{"));
  CHECK_FALSE(EqualsIgnoreCase("@", "`"));
  CHECK_FALSE(EqualsIgnoreCase("\xC4", "\xE4"));
}

TEST_CASE("A token has its characters and no others") {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  for (int c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const char text = static_cast<char>(c);
    CAPTURE(c);
    CHECK(IsToken({&text, 1}) ==
          (alnum || (c != 0 && kMarks.find(text) != std::string_view::npos)));
    const std::string inside = std::string("abcdef") + text + "gh";
    CHECK(IsToken(inside) == IsToken({&text, 1}));
  }
  CHECK_FALSE(IsToken(""));
}

TEST_CASE("A list has its members, in any case") {
  CHECK(ListHas("close", "close"));
  CHECK(ListHas("a, Close", "close"));
  CHECK(ListHas("a,\tclose ,b", "CLOSE"));
  CHECK(ListHas(",,close,", "close"));
  CHECK_FALSE(ListHas("", "close"));
  CHECK_FALSE(ListHas("closed, xclose, clo se", "close"));
  CHECK_FALSE(ListHas("close;q=1", "close"));
}

}  // namespace
}  // namespace balancer::http
