#include "tests/e2e/support/balancer.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <stdexcept>

#include "tests/e2e/support/ports.hpp"

namespace balancer::e2e {

void BalancerConfig::Node::Print(std::string& out, int indent) const {
  for (const auto& [name, node] : children) {
    out.append(static_cast<std::size_t>(indent), ' ').append(name).append(":");
    if (node.children.empty()) {
      out.append(" ").append(node.value).append("\n");
    } else {
      out.append("\n");
      node.Print(out, indent + 2);
    }
  }
}

std::string FrontendUnderTest() {
  const char* frontend = std::getenv("BALANCER_E2E_FRONTEND");
  return frontend != nullptr ? frontend : "evhttp";
}

BalancerConfig::BalancerConfig() : port_(FreePort()), admin_port_(FreePort()) {
  Set("server.host", "127.0.0.1");
  Set("server.port", std::to_string(port_));
  Set("server.frontend", FrontendUnderTest());
  Set("server.timeouts.drain", "2s");
  Set("admin.port", std::to_string(admin_port_));
  Set("embedded_db.path", (dir_->path() / "limits.db").string());
  Set("ticker_rate_sec", "1");
  Workers(1);
}

BalancerConfig& BalancerConfig::Set(const std::string& path, const std::string& value) {
  if (path == "server.port") port_ = static_cast<std::uint16_t>(std::stoi(value));
  if (path == "admin.port") admin_port_ = static_cast<std::uint16_t>(std::stoi(value));
  Node* node = &root_;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('.', begin), path.size());
    node = &node->children[path.substr(begin, end - begin)];
    begin = end + 1;
  }
  node->value = value;
  return *this;
}

BalancerConfig& BalancerConfig::DefaultLimits(const std::string& capacity,
                                              const std::string& rate_per_sec) {
  Set("default_limits.capacity", capacity);
  return Set("default_limits.rate_per_sec", rate_per_sec);
}

BalancerConfig& BalancerConfig::Backend(const std::string& url, int weight,
                                        const std::string& more) {
  backends_ += "  - backend_url: " + url + "\n    weight: " + std::to_string(weight) + "\n";
  if (!more.empty()) backends_ += "    " + more + "\n";
  return *this;
}

BalancerConfig& BalancerConfig::Database(const Postgres& server, const std::string& name) {
  root_.children.erase("embedded_db");
  Set("db.db_host", server.host());
  Set("db.db_port", std::to_string(server.port()));
  Set("db.db_user", server.user());
  return Set("db.db_name", name);
}

BalancerConfig& BalancerConfig::Environment(const std::string& name_and_value) {
  process_options_.environment.push_back(name_and_value);
  return *this;
}

BalancerConfig& BalancerConfig::OpenFiles(std::size_t count) {
  process_options_.open_files = count;
  return *this;
}

std::string BalancerConfig::Yaml() const {
  std::string yaml;
  root_.Print(yaml, 0);
  if (!backends_.empty()) yaml += "backend_list:\n" + backends_;
  return yaml;
}

Balancer::Balancer(const BalancerConfig& config, Wait wait) : config_(config) {
  StartProcess();
  if (wait == Wait::until_it_serves) WaitUntilItServes();
}

void Balancer::StartProcess() {
  const std::string file = dir_.Write("config.yaml", config_.Yaml());
  process_ = std::make_unique<Process>(
      std::vector<std::string>{BALANCER_PROGRAM, "--config-path", file}, config_.process_options());
}

void Balancer::WaitUntilItServes() {
  const bool serves = Eventually([this] {
    if (!process_->running()) return true;
    if (admin_port() == 0) return Listens(port());
    return Listens(admin_port()) && Admin("GET", "/healthz").status == 200;
  });
  if (!serves || !process_->running()) {
    throw std::runtime_error("the balancer does not serve; it said:\n" + Log());
  }
}

Balancer::~Balancer() {
  if (!process_->running()) return;
  const int exit_code = Stop();
  if (exit_code != 0) UNSCOPED_INFO("the balancer said:\n" << Log());
  CHECK(exit_code == 0);
}

int Balancer::Stop() {
  process_->Signal(SIGTERM);
  const auto exit_code = process_->Wait();
  if (exit_code) return *exit_code;
  process_->Signal(SIGKILL);
  return process_->Wait().value_or(-SIGKILL);
}

void Balancer::Restart() {
  if (process_->running() && Stop() != 0) {
    throw std::runtime_error("the balancer did not stop well:\n" + Log());
  }
  StartProcess();
  WaitUntilItServes();
}

int Balancer::CreateLimit(const std::string& client_id, const std::string& capacity,
                          const std::string& rate_per_sec) const {
  return Call("POST", "/limits/create", "", LimitJson(client_id, capacity, rate_per_sec)).status;
}

int Balancer::UpdateLimit(const std::string& client_id, const std::string& capacity,
                          const std::string& rate_per_sec) const {
  return Call("PUT", "/limits/update", "", LimitJson(client_id, capacity, rate_per_sec)).status;
}

int Balancer::DeleteLimit(const std::string& client_id) const {
  return Call("DELETE", "/limits/delete?client_id=" + client_id, "").status;
}

std::string Balancer::GetLimit(const std::string& client_id) const {
  const auto response = Get("/limits/get?client_id=" + client_id);
  if (response.status != 200) return std::to_string(response.status);
  return JsonMember(response.body, "capacity") + "/" + JsonMember(response.body, "rate_per_sec");
}

Finished RunBalancer(const std::vector<std::string>& arguments, ProcessOptions options) {
  std::vector<std::string> command{BALANCER_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Run(std::move(command), std::move(options));
}

std::string LimitJson(const std::string& client_id, const std::string& capacity,
                      const std::string& rate_per_sec) {
  return R"({"client_id":")" + client_id + R"(","capacity":)" + capacity + R"(,"rate_per_sec":)" +
         rate_per_sec + "}";
}

}  // namespace balancer::e2e
