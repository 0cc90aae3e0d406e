#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <utility>

#include <prometheus/metric_family.h>

#include "internal/model/duration_histogram.hpp"

// The words in which a page of metrics is written. prometheus-cpp stays behind them.
namespace balancer::server::metrics {

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

// All values of one name.
class Family {
 public:
  Family(prometheus::MetricType type, std::string name, std::string help);

  Family& Add(double value, Labels labels = {});
  Family& Add(const model::DurationCounts& counts, Labels labels = {});

 private:
  friend class Page;

  prometheus::ClientMetric& NewMetric(Labels labels);

  prometheus::MetricFamily family_;
};

// The families in the order in which they were begun.
class Page {
 public:
  Family& Counter(std::string name, std::string help);
  Family& Gauge(std::string name, std::string help);
  // Of durations, in seconds.
  Family& Histogram(std::string name, std::string help);

  // In Prometheus' text format.
  std::string Text() const;

 private:
  std::deque<Family> families_;
};

}  // namespace balancer::server::metrics
