#include "internal/service/redirect-split/shares_manager.hpp"

#include <catch2/catch.hpp>
#include <deque>

using namespace balancer;
using model::ErrorCode;
using model::RedirectTargets;
using model::Result;
using service::SharesManager;

namespace {

// A setting in memory; a question is decided and answered when the test says so.
class FakeSettings : public service::SettingsStorage {
 public:
  void GetSetting(std::string, Done<std::optional<std::string>> done) override {
    asked_.emplace_back([this, done = std::move(done)] {
      if (failure) return done(model::Fail(*failure));
      done(value);
    });
  }
  void PutSetting(std::string, std::string text, Done<std::optional<std::int64_t>> done) override {
    asked_.emplace_back([this, text = std::move(text), done = std::move(done)] {
      const bool is_new = !value;
      if (!failure || stores_all_the_same) value = text;
      if (failure) return done(model::Fail(*failure));
      done(is_new ? std::optional<std::int64_t>(1) : std::nullopt);
    });
  }

  void AnswerOne() {
    REQUIRE_FALSE(asked_.empty());
    const auto answer = std::move(asked_.front());
    asked_.pop_front();
    answer();
  }
  void AnswerAll() {
    while (!asked_.empty()) AnswerOne();
  }
  std::size_t asked() const { return asked_.size(); }

  std::optional<std::string> value;
  std::optional<ErrorCode> failure;
  bool stores_all_the_same = false;

 private:
  std::deque<std::function<void()>> asked_;
};

// Shares of one host, written as its name; "bad" reads as none.
std::string Write(const RedirectTargets& targets) {
  return targets.front().host;
}
Result<RedirectTargets> Read(std::string_view text) {
  if (text == "bad") return model::Fail(ErrorCode::invalid_argument, "bad");
  return RedirectTargets{{std::string(text), 0.5}};
}

struct Fixture {
  FakeSettings storage;
  SharesManager shares{"TAG", {{"default", 0.5}}, storage, {&Write, &Read}};

  std::string InForce() { return shares.in_force().Get()->front().host; }
  void Edit(const std::string& host) {
    shares.Edit({{host, 0.5}}, [this](auto put) { answers.push_back(std::move(put)); });
  }

  std::vector<Result<std::optional<std::int64_t>>> answers;
};

}  // namespace

TEST_CASE("what is stored takes the place of the default") {
  Fixture f;
  CHECK(f.InForce() == "default");
  f.storage.value = "stored";
  bool loaded = false;
  f.shares.Load([&] { loaded = true; });
  f.storage.AnswerAll();
  CHECK(loaded);
  CHECK(f.InForce() == "stored");
}

TEST_CASE("where storage is away, has nothing, or nonsense, the old shares stay") {
  Fixture f;
  const auto load = [&] {
    bool loaded = false;
    f.shares.Load([&] { loaded = true; });
    f.storage.AnswerAll();
    CHECK(loaded);
    return f.InForce();
  };
  CHECK(load() == "default");
  f.storage.value = "bad";
  CHECK(load() == "default");
  f.storage.value = "stored";
  CHECK(load() == "stored");
  f.storage.failure = ErrorCode::storage_unavailable;
  f.storage.value = "other";
  CHECK(load() == "stored");
  f.storage.failure.reset();
  f.storage.value = "bad";
  CHECK(load() == "stored");
  f.storage.value.reset();
  CHECK(load() == "default");
}

TEST_CASE("an edit is answered when it is stored and in force") {
  Fixture f;
  f.Edit("a");
  CHECK(f.InForce() == "default");
  CHECK(f.answers.empty());
  f.storage.AnswerAll();
  CHECK(f.InForce() == "a");
  f.Edit("b");
  f.storage.AnswerAll();
  CHECK(f.InForce() == "b");
  REQUIRE(f.answers.size() == 2);
  CHECK(f.answers[0].value() == 1);
  CHECK(f.answers[1].value() == std::nullopt);
}

TEST_CASE("a failed edit changes nothing, unless it was stored all the same") {
  Fixture f;
  f.storage.failure = ErrorCode::storage_unavailable;
  f.Edit("a");
  f.storage.AnswerAll();
  CHECK(f.InForce() == "default");
  REQUIRE(f.answers.size() == 1);
  CHECK(f.answers[0].error().code == ErrorCode::storage_unavailable);

  f.storage.stores_all_the_same = true;
  f.Edit("a");
  f.storage.AnswerOne();
  f.storage.failure.reset();
  f.storage.AnswerAll();
  CHECK(f.InForce() == "a");
}

TEST_CASE("an older reading never takes the place of a newer edit") {
  Fixture f;
  f.Edit("a");
  f.storage.AnswerAll();
  f.shares.OnSettingsChanged();  // of that edit
  f.Edit("b");
  CHECK(f.storage.asked() == 1);  // the edit waits for the reading
  f.storage.AnswerOne();
  CHECK(f.InForce() == "a");
  f.storage.AnswerOne();
  CHECK(f.InForce() == "b");
}

TEST_CASE("many notifications are one reading more") {
  Fixture f;
  f.shares.OnSettingsChanged();
  f.shares.OnSettingsChanged();
  f.shares.OnSettingsChanged();
  f.storage.value = "stored";
  std::size_t readings = 0;
  while (f.storage.asked() > 0) {
    f.storage.AnswerOne();
    ++readings;
  }
  CHECK(readings == 2);
  CHECK(f.InForce() == "stored");
}

TEST_CASE("reading what is in force already changes nothing") {
  Fixture f;
  f.Edit("a");
  f.storage.AnswerAll();
  const auto before = f.shares.in_force().Get();
  f.shares.OnSettingsChanged();
  f.storage.AnswerAll();
  CHECK(f.shares.in_force().Get() == before);
}
