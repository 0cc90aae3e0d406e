#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <exception>
#include <iostream>
#include <utility>

#include "tests/conformance/suite.hpp"

// Every case of cases/ is a test of its own, named "FILE: its sentence", twice: with the bytes of a
// step in one piece, and ("[slow]") one by one. BALANCER_E2E_FRONTEND chooses the front end.

using namespace balancer::conformance;

namespace {

constexpr std::size_t kFewestCases = 200;

template <typename Function>
class Test : public Catch::ITestInvoker {
 public:
  explicit Test(Function function) : function_(std::move(function)) {}
  void invoke() const override { function_(); }

 private:
  Function function_;
};

template <typename Function>
void Register(const std::string& name, const std::string& tags, const char* file, int line,
              Function function) {
  const Catch::AutoReg registered(new Test<Function>(std::move(function)),
                                  {file, static_cast<std::size_t>(line)}, "", {name, tags});
}

void RegisterCase(Suite& suite, const CaseFile& file, const Case& played) {
  using Pace = Conversation::Pace;
  for (const Pace pace : {Pace::whole, Pace::byte_by_byte}) {
    const bool slow = pace == Pace::byte_by_byte;
    if (slow && !played.only_whole.empty()) continue;
    Register(file.name + ": " + played.name + (slow ? ", byte by byte" : ""),
             "[" + file.name + "]" + (slow ? "[slow]" : ""), played.file.c_str(), played.line,
             [&suite, &file, &played, pace] {
               const std::string mistake = suite.Play(file, played, pace);
               if (!mistake.empty()) FAIL(mistake);
               SUCCEED();
             });
  }
}

int Run(int argc, char** argv) {
  Suite suite(CONFORMANCE_CASES);
  for (const CaseFile& file : suite.files()) {
    for (const Case& played : file.cases) {
      if (played.steps.empty()) {
        std::cout << "left out: " << file.name << ": " << played.name << '\n';
      } else {
        RegisterCase(suite, file, played);
      }
    }
  }
  Register("enough cases were played", "", __FILE__, __LINE__,
           [&suite] { CHECK(suite.played() >= kFewestCases); });
  const int result = Catch::Session().run(argc, argv);
  return suite.Stop() ? result : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
