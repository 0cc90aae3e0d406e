#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/support/http_client.hpp"
#include "tests/e2e/support/postgres.hpp"
#include "tests/e2e/support/process.hpp"
#include "tests/e2e/support/scripted_backend.hpp"
#include "tests/e2e/support/test_backend.hpp"

namespace balancer::e2e {

// The front end that balancers have where a test does not say: BALANCER_E2E_FRONTEND in the
// environment, or evhttp.
std::string FrontendUnderTest();

// A configuration, in the words of its file. What a test does not say is: FrontendUnderTest(), one
// worker, free ports, an embedded store in a temporary directory, a check every second, no default
// limits, a short drain.
class BalancerConfig {
 public:
  BalancerConfig();

  // Set("server.timeouts.idle", "300ms"): the value as YAML.
  BalancerConfig& Set(const std::string& path, const std::string& value);
  BalancerConfig& Workers(int count) { return Set("server.workers", std::to_string(count)); }
  BalancerConfig& DefaultLimits(const std::string& capacity, const std::string& rate_per_sec);
  // `more`: further lines of its entry in flow YAML: "config: {health: {fall: 3}}".
  BalancerConfig& Backend(const std::string& url, int weight = 1, const std::string& more = "");
  BalancerConfig& Backend(const ScriptedBackend& backend, int weight = 1,
                          const std::string& more = "") {
    return Backend(backend.url(), weight, more);
  }
  BalancerConfig& Backend(const TestBackend& backend, int weight = 1) {
    return Backend(backend.url(), weight);
  }
  // A PostgreSQL database instead of the embedded store.
  BalancerConfig& Database(const Postgres& server, const std::string& name);
  BalancerConfig& Environment(const std::string& name_and_value);
  BalancerConfig& OpenFiles(std::size_t count);

  std::string Yaml() const;
  std::uint16_t port() const { return port_; }
  std::uint16_t admin_port() const { return admin_port_; }
  const ProcessOptions& process_options() const { return process_options_; }

 private:
  struct Node {
    std::string value;
    std::map<std::string, Node> children;
    void Print(std::string& out, int indent) const;
  };

  Node root_;
  std::string backends_;
  std::shared_ptr<TempDir> dir_ = std::make_shared<TempDir>();
  std::uint16_t port_;
  std::uint16_t admin_port_;
  ProcessOptions process_options_;
};

// The balancer at work. When it is destroyed it must end in good order (which is when LeakSanitizer
// speaks), unless the test has seen to its end itself.
class Balancer {
 public:
  enum class Wait { until_it_serves, not_at_all };

  explicit Balancer(const BalancerConfig& config, Wait wait = Wait::until_it_serves);
  ~Balancer();
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;

  std::uint16_t port() const { return config_.port(); }
  std::uint16_t admin_port() const { return config_.admin_port(); }
  Process& process() { return *process_; }
  std::string Log() const { return process_->Log(); }

  // Waits until clients are served. Throws, with the log, when that does not happen.
  void WaitUntilItServes();
  // SIGTERM and its exit code; minus a signal when it had to be killed.
  int Stop();
  // Stopped, if it runs, and started again with the same configuration.
  void Restart();

  HttpClient Connect(const ConnectOptions& options = {}) const {
    return HttpClient(port(), options);
  }
  Response Get(std::string_view target = "/", std::string_view fields = "") const {
    return e2e::Get(port(), target, fields);
  }
  Response Call(std::string_view method, std::string_view target, std::string_view fields = "",
                std::string_view body = "") const {
    return e2e::Call(port(), method, target, fields, body);
  }
  // On the admin listener.
  Response Admin(std::string_view method, std::string_view target, std::string_view fields = "",
                 std::string_view body = "") const {
    return e2e::Call(admin_port(), method, target, fields, body);
  }
  // Through the public port's limits API; the status.
  int CreateLimit(const std::string& client_id, const std::string& capacity,
                  const std::string& rate_per_sec) const;
  int UpdateLimit(const std::string& client_id, const std::string& capacity,
                  const std::string& rate_per_sec) const;
  int DeleteLimit(const std::string& client_id) const;
  // The limits as the API gives them, or its status where that is not 200.
  std::string GetLimit(const std::string& client_id) const;

 private:
  void StartProcess();

  const BalancerConfig config_;
  TempDir dir_;
  std::unique_ptr<Process> process_;
};

// `balancer` with these arguments, run to its end.
Finished RunBalancer(const std::vector<std::string>& arguments, ProcessOptions options = {});

// The body that create and update take.
std::string LimitJson(const std::string& client_id, const std::string& capacity,
                      const std::string& rate_per_sec);

}  // namespace balancer::e2e
