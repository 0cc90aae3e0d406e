#include <rapidjson/document.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <cmath>
#include <regex>
#include <set>

#include "tests/e2e/metrics/page.hpp"

// The page itself, and what is shipped to be used with it.

using namespace balancer::e2e;

namespace {

const std::string kDocs = BALANCER_DOCS;

// All metrics that the text names, without what a histogram's series have behind the name.
std::set<std::string> NamesIn(const std::string& text, const MetricsPage& page) {
  static const std::regex kName("\\b(balancer|process)_[a-z_]+[a-z]");
  static const std::regex kPart("_(bucket|sum|count)$");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), kName), end; at != end; ++at) {
    const std::string base = std::regex_replace(at->str(), kPart, "");
    const auto type = page.types().find(base);
    const bool histogram = type != page.types().end() && type->second == "histogram";
    names.insert(histogram ? base : at->str());
  }
  return names;
}

struct Running {
  ScriptedBackend backend{Ok()};
  Balancer balancer{BalancerConfig().Backend(backend).DefaultLimits("1", "0.001")};
};

}  // namespace

TEST_CASE("promtool finds nothing to say about the page") {
  Running running;
  running.balancer.Get();
  running.balancer.Get();
  REQUIRE(Becomes(running.balancer, Requests("429"), 1));
  TempDir dir;
  const std::string page = dir.Write("metrics", MetricsPage(running.balancer).text());
  const Finished check = Run({"sh", "-c", "promtool check metrics <\"$0\"", page});
  CHECK(check.output == "");
  CHECK(check.exit_code == 0);
}

TEST_CASE("the page is open, read-only, and on the admin listener alone") {
  ScriptedBackend backend(Ok("the backend's"));
  Balancer balancer(BalancerConfig().Backend(backend).Set("admin.token", "secret"));
  const Response page = balancer.Admin("GET", "/metrics?x=1", "X-Forwarded-For: 1.2.3.4\r\n");
  CHECK(page.status == 200);
  CHECK(page.Field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(page.body.ends_with("\n"));
  const Response head = balancer.Admin("HEAD", "/metrics");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  const Response post = balancer.Admin("POST", "/metrics");
  CHECK(ProblemMistake(post, 405) == "");
  CHECK(post.Field("Allow") == "GET, HEAD");
  CHECK(balancer.Admin("GET", "/metrics/").status == 404);
  CHECK(balancer.Get("/metrics").body == "the backend's");
}

TEST_CASE("the process is described as the kernel sees it") {
  Running running;
  const MetricsPage page(running.balancer);
  Process& process = running.balancer.process();
  CHECK(page.Value("process_threads") == process.Threads());
  CHECK(std::abs(page.Value("process_open_fds") - static_cast<double>(process.OpenFiles())) <= 3);
  CHECK(page.Value("process_max_fds") > page.Value("process_open_fds"));
  const double resident = page.Value("process_resident_memory_bytes");
  CHECK(resident > 0.5 * static_cast<double>(process.ResidentBytes()));
  CHECK(resident < 2.0 * static_cast<double>(process.ResidentBytes()));
  CHECK(page.Value("process_virtual_memory_bytes") > resident);
  CHECK(page.Value("process_cpu_seconds_total") > 0);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  CHECK(std::abs(now.count() - page.Value("process_start_time_seconds")) < 120);
  CHECK(page.text().find("\nbalancer_build_info{version=\"") != std::string::npos);
}

TEST_CASE("docs/metrics.md lists every metric with its type, and no other") {
  Running running;
  const std::string text = ReadFile(kDocs + "/metrics.md");
  // | `name` | type | …
  static const std::regex kRow("(?:^|\n)\\| `([a-z_]+)` \\| ([a-z]+) \\|");
  std::map<std::string, std::string> listed;
  for (std::sregex_iterator at(text.begin(), text.end(), kRow), end; at != end; ++at) {
    CHECK(listed.emplace((*at)[1], (*at)[2]).second);
  }
  CHECK(listed == MetricsPage(running.balancer).types());
}

TEST_CASE("the alert rules are valid, and ask for metrics that there are") {
  Running running;
  const std::string file = kDocs + "/prometheus/alerts.yml";
  const Finished check = Run({"promtool", "check", "rules", file});
  INFO(check.output);
  CHECK(check.exit_code == 0);
  const MetricsPage page(running.balancer);
  const auto names = NamesIn(ReadFile(file), page);
  CHECK(names.size() >= 5);
  for (const std::string& name : names) {
    INFO(name);
    CHECK(page.types().contains(name));
  }
}

TEST_CASE("the dashboard is JSON, and asks for metrics that there are") {
  Running running;
  const std::string text = ReadFile(kDocs + "/grafana/balancer.json");
  rapidjson::Document dashboard;
  dashboard.Parse(text.c_str());
  REQUIRE_FALSE(dashboard.HasParseError());
  REQUIRE(dashboard.HasMember("panels"));
  const MetricsPage page(running.balancer);
  for (const auto& panel : dashboard["panels"].GetArray()) {
    INFO(panel["title"].GetString());
    if (std::string("row") == panel["type"].GetString()) continue;
    for (const auto& target : panel["targets"].GetArray()) {
      const auto names = NamesIn(target["expr"].GetString(), page);
      CHECK_FALSE(names.empty());
      for (const std::string& name : names) {
        INFO(name);
        CHECK(page.types().contains(name));
      }
    }
  }
}
