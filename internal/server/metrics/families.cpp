#include "internal/server/metrics/families.hpp"

#include <chrono>
#include <vector>

#include <prometheus/text_serializer.h>

namespace balancer::server::metrics {

using prometheus::MetricType;

namespace {

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

Family::Family(MetricType type, std::string name, std::string help) {
  family_.type = type;
  family_.name = std::move(name);
  family_.help = std::move(help);
}

prometheus::ClientMetric& Family::NewMetric(Labels labels) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

Family& Family::Add(double value, Labels labels) {
  prometheus::ClientMetric& metric = NewMetric(labels);
  (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  return *this;
}

Family& Family::Add(const model::DurationCounts& counts, Labels labels) {
  prometheus::ClientMetric::Histogram& histogram = NewMetric(labels).histogram;
  for (std::size_t i = 0; i < counts.buckets.size(); ++i) {
    histogram.sample_count += counts.buckets[i];
    if (i == model::kDurationBounds.size()) break;  // the serialiser writes +Inf by itself
    histogram.bucket.push_back({histogram.sample_count, Seconds(model::kDurationBounds[i])});
  }
  histogram.sample_sum = Seconds(counts.sum);
  return *this;
}

Family& Page::Counter(std::string name, std::string help) {
  return families_.emplace_back(MetricType::Counter, std::move(name), std::move(help));
}

Family& Page::Gauge(std::string name, std::string help) {
  return families_.emplace_back(MetricType::Gauge, std::move(name), std::move(help));
}

Family& Page::Histogram(std::string name, std::string help) {
  return families_.emplace_back(MetricType::Histogram, std::move(name), std::move(help));
}

std::string Page::Text() const {
  std::vector<prometheus::MetricFamily> families;
  for (const Family& family : families_) families.push_back(family.family_);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace balancer::server::metrics
