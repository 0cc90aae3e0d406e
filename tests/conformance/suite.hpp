#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/conformance/backend.hpp"
#include "tests/conformance/case_file.hpp"
#include "tests/conformance/conversation.hpp"
#include "tests/e2e/support/balancer.hpp"

namespace balancer::conformance {

// All cases over one front end, and the balancers that they are played on: one for each
// configuration, started when a case first needs it.
class Suite {
 public:
  // Reads every *.txt in the folder. Throws std::runtime_error for the first mistake in one.
  explicit Suite(const std::filesystem::path& folder);

  const std::vector<CaseFile>& files() const { return files_; }
  // Cases, not counted again for another pace.
  std::size_t played() const { return played_; }

  // "" or what went wrong (Conversation::Play).
  std::string Play(const CaseFile& file, const Case& played, Conversation::Pace pace);
  // Stops the balancers; false, with its log on stderr, when one does not end in good order.
  bool Stop();

 private:
  struct Stand {
    Backend backend;
    std::string base_path;
    std::unique_ptr<e2e::Balancer> balancer;
  };
  Stand& StandFor(const CaseFile& file);

  std::vector<CaseFile> files_;
  std::map<std::vector<std::pair<std::string, std::string>>, std::unique_ptr<Stand>> stands_;
  std::size_t played_ = 0;
};

}  // namespace balancer::conformance
