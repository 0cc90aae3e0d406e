#include "tests/e2e/metrics/page.hpp"

#include <cstdlib>
#include <sstream>

namespace balancer::e2e {

MetricsPage::MetricsPage(const Balancer& balancer) : text_(balancer.Admin("GET", "/metrics").body) {
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      const auto space = line.rfind(' ');
      types_[line.substr(7, space - 7)] = line.substr(space + 1);
    } else if (!line.starts_with('#')) {
      const auto space = line.rfind(' ');
      values_[line.substr(0, space)] = std::strtod(line.c_str() + space, nullptr);
    }
  }
}

double MetricsPage::Value(const std::string& series) const {
  const auto found = values_.find(series);
  return found == values_.end() ? 0 : found->second;
}

double Metric(const Balancer& balancer, const std::string& series) {
  return MetricsPage(balancer).Value(series);
}

bool Becomes(const Balancer& balancer, const std::string& series, double value) {
  return Eventually([&] { return Metric(balancer, series) == value; });
}

std::string Requests(const std::string& code, const std::string& method) {
  return "balancer_requests_total{code=\"" + code + "\",method=\"" + method + "\"}";
}

std::string Of(const ScriptedBackend& backend, const std::string& name, const std::string& label,
               const std::string& value) {
  const std::string more = label.empty() ? "" : "," + label + "=\"" + value + "\"";
  return name + "{backend=\"" + backend.url() + "\"" + more + "}";
}

}  // namespace balancer::e2e
