#pragma once

#include <map>
#include <string>

#include "tests/e2e/support/balancer.hpp"

namespace balancer::e2e {

// What GET /metrics says at one moment.
class MetricsPage {
 public:
  explicit MetricsPage(const Balancer& balancer);

  const std::string& text() const { return text_; }
  // By name: "counter", "gauge" or "histogram".
  const std::map<std::string, std::string>& types() const { return types_; }
  bool Has(const std::string& series) const { return values_.contains(series); }
  // Of `name{label="value",…}`, spelt as on the page; 0 where it is not there.
  double Value(const std::string& series) const;

 private:
  std::string text_;
  std::map<std::string, std::string> types_;
  std::map<std::string, double> values_;
};

double Metric(const Balancer& balancer, const std::string& series);

// Whether the value comes to be this: a request is counted after its response has been sent.
bool Becomes(const Balancer& balancer, const std::string& series, double value);

// `balancer_requests_total{code="200",method="GET"}`
std::string Requests(const std::string& code, const std::string& method = "GET");
// `name{backend="http://…",label="value"}`
std::string Of(const ScriptedBackend& backend, const std::string& name,
               const std::string& label = "", const std::string& value = "");

}  // namespace balancer::e2e
