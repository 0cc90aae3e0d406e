#include "tests/conformance/case_file.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "tests/conformance/notation.hpp"

namespace balancer::conformance {
namespace {

using Kind = Step::Kind;

struct Talk {
  std::string_view prefix;
  Kind kind;
  Place place;
};

constexpr std::array kTalks{
    Talk{"C>", Kind::client_sends, Place::client_sends},
    Talk{">B", Kind::backend_sees, Place::backend_sees},
    Talk{"<B", Kind::backend_sends, Place::backend_sends},
    Talk{"C<", Kind::client_sees, Place::client_sees},
};

constexpr std::array<std::pair<std::string_view, Kind>, 12> kEvents{{
    {"C: half-closes", Kind::client_half_closes},
    {"C: leaves", Kind::client_leaves},
    {"C: resets", Kind::client_resets},
    {"C: kept", Kind::kept},
    {"C: closed", Kind::closed},
    {"C: reset", Kind::reset},
    {"C: cut", Kind::cut},
    {"B: closes", Kind::backend_closes},
    {"B: resets", Kind::backend_resets},
    {"B: ended", Kind::backend_ended},
    {"B: closed", Kind::backend_closed},
    {"B: cut", Kind::backend_cut},
}};

bool EndsClient(Kind kind) {
  switch (kind) {
    case Kind::client_leaves:
    case Kind::client_resets:
    case Kind::kept:
    case Kind::closed:
    case Kind::reset:
    case Kind::cut:
      return true;
    default:
      return false;
  }
}

// What follows `prefix` and a blank.
std::optional<std::string_view> After(std::string_view prefix, std::string_view line) {
  if (!line.starts_with(prefix)) return std::nullopt;
  line.remove_prefix(prefix.size());
  if (line.empty()) return line;
  if (line.front() != ' ') return std::nullopt;
  return line.substr(1);
}

class CaseFileReader {
 public:
  CaseFileReader(const std::string& name, bool over_evhttp) : over_evhttp_(over_evhttp) {
    file_.name = name;
  }

  CaseFile Read(std::string_view text) {
    while (!text.empty()) {
      ++line_number_;
      const auto end = std::min(text.find('\n'), text.size());
      try {
        ReadLine(text.substr(0, end));
      } catch (const std::runtime_error& error) {
        Wrong(error.what());
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    EndCase();
    if (file_.cases.empty()) Wrong("a file without cases");
    return std::move(file_);
  }

 private:
  [[noreturn]] void Wrong(const std::string& what) const {
    throw std::runtime_error(file_.name + ".txt:" + std::to_string(line_number_) + ": " + what);
  }

  void ReadLine(std::string_view line) {
    if (line.empty() || line.front() == '#') {
      block_open_ = false;
    } else if (const auto config = After("config:", line)) {
      ReadConfig(*config);
    } else if (const auto name = After("case:", line)) {
      EndCase();
      BeginCase(std::string(*name));
    } else if (!in_case_) {
      throw std::runtime_error("a line outside of any case");
    } else if (const auto why = After("evhttp:", line)) {
      if (why->empty()) throw std::runtime_error("a reason is missing");
      if (!current_.steps.empty()) throw std::runtime_error("the reason goes before the steps");
      current_.evhttp = *why;
    } else if (const auto why_whole = After("only whole:", line)) {
      if (why_whole->empty()) throw std::runtime_error("a reason is missing");
      current_.only_whole = *why_whole;
    } else if (line == "instead:") {
      BeginDeviation();
    } else {
      ReadStep(line);
    }
  }

  void ReadConfig(std::string_view text) {
    if (in_case_) throw std::runtime_error("the configuration goes before the first case");
    const auto equals = text.find(" = ");
    if (equals == std::string_view::npos) throw std::runtime_error("it is config: KEY = VALUE");
    file_.config.emplace_back(text.substr(0, equals), text.substr(equals + 3));
  }

  void BeginCase(std::string name) {
    if (name.empty()) throw std::runtime_error("a case without a name");
    for (const Case& earlier : file_.cases) {
      if (earlier.name == name) throw std::runtime_error("another case has this name");
    }
    current_ = {};
    current_.name = std::move(name);
    current_.file = file_.name + ".txt";
    current_.line = line_number_;
    deviation_.clear();
    in_deviation_ = false;
    in_case_ = true;
  }

  void BeginDeviation() {
    if (current_.evhttp.empty()) throw std::runtime_error("instead: without evhttp:");
    if (in_deviation_) throw std::runtime_error("instead: again");
    CheckEnd(current_.steps);
    in_deviation_ = true;
    block_open_ = false;
  }

  void ReadStep(std::string_view line) {
    auto& steps = in_deviation_ ? deviation_ : current_.steps;
    for (const auto& [text, kind] : kEvents) {
      if (line != text) continue;
      block_open_ = false;
      steps.push_back({kind, line_number_, {}});
      return;
    }
    for (const Talk& talk : kTalks) {
      const auto text = After(talk.prefix, line);
      if (!text) continue;
      if (!block_open_ || steps.back().kind != talk.kind) {
        steps.push_back({talk.kind, line_number_, {}});
      }
      block_open_ = true;
      steps.back().pattern.Add(conformance::ReadLine(*text, talk.place));
      return;
    }
    throw std::runtime_error("no such line");
  }

  // The client's connection comes to one end, and nothing but the backend goes on after it.
  static void CheckEnd(const std::vector<Step>& steps) {
    const auto end = std::ranges::find_if(steps, EndsClient, &Step::kind);
    if (end == steps.end()) {
      throw std::runtime_error("the case above does not say how the client's connection ends");
    }
    for (auto step = end + 1; step != steps.end(); ++step) {
      if (step->kind != Kind::backend_closed && step->kind != Kind::backend_cut &&
          step->kind != Kind::backend_sends) {
        throw std::runtime_error("the case above goes on after its end");
      }
    }
  }

  void EndCase() {
    block_open_ = false;
    if (!in_case_) return;
    try {
      CheckEnd(current_.steps);
      if (in_deviation_) CheckEnd(deviation_);
    } catch (const std::runtime_error& error) {
      Wrong(error.what());
    }
    if (over_evhttp_ && !current_.evhttp.empty()) current_.steps = deviation_;
    file_.cases.push_back(std::move(current_));
    in_case_ = false;
  }

  const bool over_evhttp_;
  CaseFile file_;
  int line_number_ = 0;
  Case current_;
  std::vector<Step> deviation_;
  bool in_case_ = false;
  bool in_deviation_ = false;
  bool block_open_ = false;  // the line above was talk: the same prefix goes on with it
};

}  // namespace

CaseFile ReadCaseFile(const std::string& name, std::string_view text, bool over_evhttp) {
  return CaseFileReader(name, over_evhttp).Read(text);
}

}  // namespace balancer::conformance
