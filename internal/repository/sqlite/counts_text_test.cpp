#include "internal/repository/sqlite/counts_text.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace balancer::repository;
using balancer::model::ClientCounts;
using balancer::model::ErrorCode;
using balancer::service::CountBatch;

namespace {

// Those that look like something else within the text.
const std::vector<std::string> kClientIds = {"a",
                                             "A",
                                             "\"",
                                             "\\",
                                             "\\\"",
                                             "a\\",
                                             "\\\\",
                                             "\",",
                                             ",\"a",
                                             "z\"a",
                                             "z,",
                                             ":[1,2]",
                                             "\":[1,2]",
                                             "],\"a",
                                             "{",
                                             "}",
                                             "{\"a",
                                             "n",
                                             "\\n\"a\"",
                                             "x y",
                                             "é",
                                             "a\":[7,7]",
                                             "a\":[7,7],\\n\"b",
                                             std::string(256, '"')};

CountBatch Everyone() {
  CountBatch batch{"w", 1, 0, {}};
  for (const auto& client_id : kClientIds) {
    batch.clients.emplace_back(client_id, ClientCounts{batch.clients.size(), UINT64_MAX});
  }
  return batch;
}

}  // namespace

TEST_CASE("a client's counts are found in the text under its own name") {
  const auto text = CountsText(Everyone()).value();
  std::uint64_t number = 0;
  for (const auto& client_id : kClientIds) {
    CAPTURE(client_id);
    const auto entry = FindEntry(text, Escaped(client_id));
    REQUIRE(entry);
    CHECK(entry->escaped == Escaped(client_id));
    const auto found = CountsOf(*entry);
    REQUIRE(found);
    CHECK(found->counts == ClientCounts{number++, UINT64_MAX});
    CHECK(found->last_seen == 0);
  }
  for (const std::string nobody : {"b", "", "a\":", "1", "7", " a", "a "}) {
    CAPTURE(nobody);
    CHECK_FALSE(FindEntry(text, Escaped(nobody)));
  }
}

TEST_CASE("the text is read in the order in which it was written, to its end") {
  const auto text = CountsText(Everyone()).value();
  std::string_view rest = text;
  for (const auto& client_id : kClientIds) {
    const auto entry = NextEntry(rest);
    REQUIRE(entry);
    CHECK(entry->escaped == Escaped(client_id));
  }
  CHECK_FALSE(NextEntry(rest));
  CHECK(IsEndOfCounts(rest));
}

TEST_CASE("an entry can be copied, and can say when its client was last seen") {
  std::string text;
  EndCounts(text);
  CHECK(text == "{}");
  CHECK(IsEndOfCounts(text));

  text.clear();
  AppendEntry(text, "a", {{1, 2}, 1700000000});
  AppendEntry(text, R"("b":[3,4])");
  EndCounts(text);
  CHECK(text == R"({"a":[1,2,1700000000],"b":[3,4]})");
  const auto a = FindEntry(text, "a");
  REQUIRE(a);
  CHECK(a->text == R"("a":[1,2,1700000000])");
  CHECK(CountsOf(*a)->counts == ClientCounts{1, 2});
  CHECK(CountsOf(*a)->last_seen == 1700000000);
}

TEST_CASE("a text that is cut is not read to its end") {
  const std::string text = CountsText({"w", 1, 0, {{"a\\", {1, 2}}}}).value();
  for (std::size_t length = 0; length < text.size(); ++length) {
    CAPTURE(length);
    std::string_view rest = std::string_view(text).substr(0, length);
    while (NextEntry(rest)) continue;
    CHECK_FALSE(IsEndOfCounts(rest));
  }
}

TEST_CASE("what is no counts is not read as such") {
  for (const std::string other : {"[-1,2]", "[1.5,2]", "[1]", "[1,2,]", "[1,2,3,4]", "[ 1,2]",
                                  "[99999999999999999999,2]", "[]", "[\"1\",2]"}) {
    CAPTURE(other);
    const std::string text = "{\"a\":" + other + "}";
    std::string_view rest = text;
    const auto entry = NextEntry(rest);
    CHECK_FALSE((entry && CountsOf(*entry)));
  }
  for (const std::string other :
       {"{\"a\" :[1,2]}", "{ \"a\":[1,2]}", "{a:[1,2]}", "\"a\":[1,2]}"}) {
    CAPTURE(other);
    std::string_view rest = other;
    const auto entry = NextEntry(rest);
    CHECK_FALSE((entry && CountsOf(*entry)));
  }
}

TEST_CASE("what is no client_id is not written") {
  for (const std::string client_id : {"", "\n", "\x7F", "\xFF"}) {
    const auto text = CountsText({"w", 1, 0, {{"a", {1, 0}}, {client_id, {1, 0}}}});
    REQUIRE_FALSE(text);
    CHECK(text.error().code == ErrorCode::storage_failed);
  }
}
