#include "internal/repository/sqlite/journal_text.hpp"

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
  const auto text = JournalText(Everyone()).value();
  std::uint64_t number = 0;
  for (const auto& client_id : kClientIds) {
    CAPTURE(client_id);
    CHECK(Unescaped(Escaped(client_id)) == client_id);
    const auto entry = FindEntry(text, Escaped(client_id));
    REQUIRE(entry);
    CHECK(entry->escaped == Escaped(client_id));
    CHECK(entry->counts == ClientCounts{number++, UINT64_MAX});
  }
  for (const std::string nobody : {"b", "", "a\":", "1", "7", " a", "a "}) {
    CAPTURE(nobody);
    CHECK_FALSE(FindEntry(text, Escaped(nobody)));
  }
}

TEST_CASE("the text is read in the order in which it was written, to its end") {
  const auto text = JournalText(Everyone()).value();
  std::string_view rest = text;
  for (const auto& client_id : kClientIds) {
    const auto entry = NextEntry(rest);
    REQUIRE(entry);
    CHECK(Unescaped(entry->escaped) == client_id);
  }
  CHECK_FALSE(NextEntry(rest));
  CHECK(rest == "}");
}

TEST_CASE("what JournalText has not written is not read, and ends the reading before its end") {
  const std::string text = JournalText({"w", 1, 0, {{"a\\", {1, 2}}}}).value();
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    CAPTURE(length);
    std::string_view rest = std::string_view(text).substr(0, length);
    CHECK_FALSE(NextEntry(rest));
    CHECK(rest.size() == length);
  }
  for (const std::string other : {"{\n\"a\":[-1,2]}", "{\n\"a\":[1.5,2]}", "{\n\"a\":[1,2,3]}",
                                  "{\n\"a\":[99999999999999999999,2]}", "{\"a\":[1,2]}"}) {
    CAPTURE(other);
    std::string_view rest = other;
    CHECK_FALSE(NextEntry(rest));
    CHECK(rest == other);
  }
}

TEST_CASE("what is no client_id is not written") {
  for (const std::string client_id : {"", "\n", "\x7F", "\xFF"}) {
    const auto text = JournalText({"w", 1, 0, {{"a", {1, 0}}, {client_id, {1, 0}}}});
    REQUIRE_FALSE(text);
    CHECK(text.error().code == ErrorCode::storage_failed);
  }
}
