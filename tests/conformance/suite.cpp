#include "tests/conformance/suite.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace balancer::conformance {

Suite::Suite(const std::filesystem::path& folder) {
  const char* frontend = std::getenv("BALANCER_E2E_FRONTEND");
  const bool over_evhttp = frontend == nullptr || std::string_view(frontend) == "evhttp";
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  for (const auto& path : paths) {
    files_.push_back(ReadCaseFile(path.stem(), e2e::ReadFile(path), over_evhttp));
  }
}

std::string Suite::Play(const CaseFile& file, const Case& played, Conversation::Pace pace) {
  if (pace == Conversation::Pace::whole) ++played_;
  Stand& stand = StandFor(file);
  return Conversation(stand.balancer->port(), stand.backend, stand.base_path, pace).Play(played);
}

Suite::Stand& Suite::StandFor(const CaseFile& file) {
  if (const auto found = stands_.find(file.config); found != stands_.end()) return *found->second;
  auto stand = std::make_unique<Stand>();
  e2e::BalancerConfig config;
  config.Set("ticker_rate_sec", "3600");  // Backend answers no checks but the first
  std::string path;
  for (const auto& [key, value] : file.config) {
    if (key == "backend.path") {
      path = value;
    } else {
      config.Set(key, value);
    }
  }
  config.Backend("http://127.0.0.1:" + std::to_string(stand->backend.port()) + path);
  stand->base_path = path.substr(0, path.find_last_not_of('/') + 1);
  const HealthAnswers answers(stand->backend);
  stand->balancer = std::make_unique<e2e::Balancer>(config);
  return *(stands_[file.config] = std::move(stand));
}

bool Suite::Stop() {
  bool well = true;
  for (const auto& [config, stand] : stands_) {
    if (stand->balancer->Stop() == 0) continue;
    std::cerr << "a balancer did not end in good order; it said:\n" << stand->balancer->Log();
    well = false;
  }
  return well;
}

}  // namespace balancer::conformance
