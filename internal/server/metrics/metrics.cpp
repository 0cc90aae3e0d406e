#include "internal/server/metrics/metrics.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "internal/server/metrics/families.hpp"
#include "internal/server/metrics/process_stats.hpp"

namespace balancer::server::metrics {
namespace {

using Workers = std::vector<std::unique_ptr<Worker>>;
using model::DurationCounts;

// One number of each worker, added up.
template <typename Read>
double Sum(const Workers& workers, Read read) {
  std::uint64_t sum = 0;
  for (const auto& worker : workers) sum += read(*worker);
  return static_cast<double>(sum);
}

double Sum(const Workers& workers, Counter Traffic::*counter) {
  return Sum(workers, [&](const Worker& w) { return (w.traffic().*counter).value(); });
}

double Sum(const Workers& workers, Counter ForwardingTraffic::*counter) {
  return Sum(workers, [&](const Worker& w) { return (w.forwarding_traffic().*counter).value(); });
}

// What the workers' clients have done.
void AddClients(Page& page, const Workers& workers, const ConnectionBudget& budget) {
  Family& requests = page.Counter("balancer_requests_total",
                                  "Requests of clients that have ended, by method and status.");
  double ended = 0;
  for (std::size_t m = 0; m < http::kMethodNames.size(); ++m) {
    const auto method = static_cast<http::Method>(m);
    for (int status = RequestCounts::kNoStatus; status <= RequestCounts::kLastStatus; ++status) {
      const double count = Sum(
          workers, [&](const Worker& w) { return w.traffic().ended.At(method, status).value(); });
      if (count == 0) continue;
      ended += count;
      requests.Add(count,
                   {{"code", status == RequestCounts::kNoStatus ? "none" : std::to_string(status)},
                    {"method", std::string(http::kMethodNames[m])}});
    }
  }
  DurationCounts durations;
  for (const auto& worker : workers) worker->traffic().durations.AddTo(durations);
  page.Histogram("balancer_request_duration_seconds",
                 "Time from a request's head to the end of its response; tunnels are left out.")
      .Add(durations);
  // Read last, so that no request ends that was not seen to begin.
  const double begun = Sum(workers, &Traffic::requests);
  page.Gauge("balancer_requests_in_flight", "Requests of clients that have begun and not ended.")
      .Add(std::max(begun - ended, 0.0));
  page.Counter("balancer_responses_cut_total",
               "Responses that were broken off, the connection to the client closed.")
      .Add(Sum(workers, &Traffic::cut));
  page.Counter("balancer_limited_total", "Requests refused because their client had no token left.")
      .Add(Sum(workers, &Traffic::limited));

  page.Counter("balancer_connections_accepted_total", "Connections of clients accepted.")
      .Add(Sum(workers, &Traffic::connections));
  page.Gauge("balancer_client_connections", "Connections of clients that are open.")
      .Add(static_cast<double>(budget.open.load()));
  page.Gauge("balancer_client_connections_max",
             "Connections of clients that may be open at once (server.max_connections).")
      .Add(static_cast<double>(budget.max));
}

// What the workers have seen of the backends.
void AddUpstream(Page& page, const Workers& workers, const service::PoolService& backends) {
  Family& requests = page.Counter("balancer_upstream_requests_total",
                                  "Requests that a backend has answered, by class of status.");
  Family& failures = page.Counter("balancer_upstream_failures_total",
                                  "Attempts that failed at a backend, by reason.");
  Family& times = page.Histogram("balancer_upstream_response_seconds",
                                 "Time from sending a request to the head of its response.");
  Family& in_flight =
      page.Gauge("balancer_upstream_in_flight", "Requests that a backend is working on.");
  Family& up = page.Gauge("balancer_upstream_up", "Whether the health checks find a backend up.");
  Family& checks = page.Counter("balancer_health_checks_total", "Health checks, by result.");
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const std::string& backend = backends.settings(i).url;
    const auto seen_by = [i](const Worker& worker) -> const UpstreamTraffic& {
      return worker.forwarding_traffic().backends[i];
    };
    for (std::size_t c = 0; c < kStatusClassNames.size(); ++c) {
      requests.Add(Sum(workers, [&](const Worker& w) { return seen_by(w).responses[c].value(); }),
                   {{"backend", backend}, {"code", std::string(kStatusClassNames[c])}});
    }
    for (std::size_t f = 0; f < kUpstreamFailureNames.size(); ++f) {
      failures.Add(Sum(workers, [&](const Worker& w) { return seen_by(w).failures[f].value(); }),
                   {{"backend", backend}, {"reason", std::string(kUpstreamFailureNames[f])}});
    }
    DurationCounts durations;
    for (const auto& worker : workers) seen_by(*worker).response_times.AddTo(durations);
    times.Add(durations, {{"backend", backend}});

    const service::PoolService::Status status = backends.status(i);
    in_flight.Add(status.in_flight, {{"backend", backend}});
    up.Add(status.healthy ? 1 : 0, {{"backend", backend}});
    checks.Add(static_cast<double>(status.checks_passed),
               {{"backend", backend}, {"result", "passed"}});
    checks.Add(static_cast<double>(status.checks_failed),
               {{"backend", backend}, {"result", "failed"}});
  }
  page.Counter("balancer_retries_total", "Further attempts for a request, by where they went.")
      .Add(Sum(workers, &ForwardingTraffic::retries_on_same), {{"to", "same_backend"}})
      .Add(Sum(workers, &ForwardingTraffic::retries_on_other), {{"to", "other_backend"}});
}

void AddBuckets(Page& page, const service::BucketCacheStats& stats) {
  page.Gauge("balancer_bucket_cache_entries", "Token buckets in memory.")
      .Add(static_cast<double>(stats.size));
  page.Counter("balancer_bucket_cache_hits_total", "Requests whose client's limits were in memory.")
      .Add(static_cast<double>(stats.hits));
  page.Counter("balancer_bucket_cache_misses_total",
               "Requests whose client's limits had to be looked up.")
      .Add(static_cast<double>(stats.misses));
  page.Counter("balancer_bucket_cache_evictions_total", "Token buckets that made room for others.")
      .Add(static_cast<double>(stats.evictions));
}

void AddStorage(Page& page, const service::LimitsStorage& storage) {
  DurationCounts durations;
  storage.traffic().durations.AddTo(durations);
  page.Gauge("balancer_storage_up", "Whether storage answers.").Add(storage.available() ? 1 : 0);
  page.Histogram("balancer_storage_request_duration_seconds",
                 "Time that storage took over a question.")
      .Add(durations);
  page.Counter("balancer_storage_errors_total", "Questions to storage that failed, by reason.")
      .Add(static_cast<double>(storage.traffic().unavailable.value()), {{"reason", "unavailable"}})
      .Add(static_cast<double>(storage.traffic().failed.value()), {{"reason", "failed"}});
}

// By the names that Prometheus' own clients have given them.
void AddProcess(Page& page, double started) {
  const ProcessStats stats = ReadProcessStats();
  page.Counter("process_cpu_seconds_total", "Processor time used, user and system.")
      .Add(stats.cpu_seconds);
  page.Gauge("process_resident_memory_bytes", "Resident memory.").Add(stats.resident_bytes);
  page.Gauge("process_virtual_memory_bytes", "Virtual memory.").Add(stats.virtual_bytes);
  Family& open_fds = page.Gauge("process_open_fds", "Open file descriptors.");
  if (stats.open_fds) open_fds.Add(static_cast<double>(*stats.open_fds));
  page.Gauge("process_max_fds", "Limit of open file descriptors.").Add(stats.max_fds);
  Family& threads = page.Gauge("process_threads", "Threads.");
  if (stats.threads) threads.Add(static_cast<double>(*stats.threads));
  page.Gauge("process_start_time_seconds", "When the process was started, since 1970.")
      .Add(started);
}

}  // namespace

Metrics::Metrics(Sources sources)
    : sources_(std::move(sources)), started_(ReadProcessStartTime()) {}

api::ApiResponse Metrics::Handle(const api::ApiRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return api::MethodNotAllowed("GET, HEAD");
  }
  api::ApiResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = Text();
  return response;
}

std::string Metrics::Text() const {
  Page page;
  page.Gauge("balancer_build_info", "1; the program's version is in the label.")
      .Add(1, {{"version", sources_.version}});
  AddClients(page, sources_.workers, sources_.connections);
  AddUpstream(page, sources_.workers, sources_.backends);
  AddBuckets(page, sources_.tokens.stats());
  AddStorage(page, sources_.storage);
  AddProcess(page, started_);
  return page.Text();
}

}  // namespace balancer::server::metrics
