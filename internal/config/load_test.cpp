#include "internal/config/load.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>

namespace balancer::config {
namespace {

using namespace std::chrono_literals;
using Variables = std::map<std::string, std::string>;

Environment With(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
}

const std::string kBackends = "backend_list: [{backend_url: 'http://b1'}]\n";

Settings Good(const std::string& text, const Variables& variables = {}) {
  const auto loaded = LoadText(text, With(variables));
  if (!loaded) FAIL(Report(loaded.error(), "file"));
  return *loaded;
}

// The settings of a file that is good but for `text`, its first line.
Settings GoodWith(const std::string& text, const Variables& variables = {}) {
  return Good(text + "\n" + kBackends, variables);
}

std::string Wrong(const std::string& text, const Variables& variables = {}) {
  const auto loaded = LoadText(text, With(variables));
  return loaded ? "nothing" : Report(loaded.error(), "f");
}

std::string WrongWith(const std::string& text, const Variables& variables = {}) {
  return Wrong(text + "\n" + kBackends, variables);
}

// A folder that is gone at the end of its scope.
struct TemporaryFolder {
  std::filesystem::path path;
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "config_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
};

TEST_CASE("A file that says nothing but its backends has the documented defaults") {
  const Settings s = Good(kBackends);
  CHECK(s.server.host == "0.0.0.0");
  CHECK(s.server.port == 8080);
  CHECK(s.server.frontend == FrontendKind::evhttp);
  CHECK(s.server.workers == 0);
  CHECK(s.server.max_connections == 0);
  CHECK_FALSE(s.server.share_port);
  CHECK(s.server.header_bytes == 32768);
  CHECK(s.server.header_count == 100);
  CHECK(s.server.uri_bytes == 8192);
  CHECK(s.server.body_bytes == 10485760);
  CHECK(s.server.timeouts.header == 10s);
  CHECK(s.server.timeouts.body == 60s);
  CHECK(s.server.timeouts.idle == 75s);
  CHECK(s.server.timeouts.drain == 30s);
  CHECK(s.admin.host == "127.0.0.1");
  CHECK(s.admin.port == 8090);
  CHECK(s.admin.token.empty());
  REQUIRE(s.admin.allow.size() == 2);
  CHECK(model::ContainsAddress(s.admin.allow, model::IpAddress::Parse("127.0.0.1").value()));
  CHECK(model::ContainsAddress(s.admin.allow, model::IpAddress::Parse("::1").value()));
  CHECK_FALSE(model::ContainsAddress(s.admin.allow, model::IpAddress::Parse("10.0.0.1").value()));
  CHECK_FALSE(s.db);
  CHECK(s.embedded_db.path == "balancer.db");
  CHECK(s.strategy == StrategyKind::round_robin);
  CHECK(s.check_period == 5s);
  CHECK(s.upstream.timeouts.connect == 1s);
  CHECK(s.upstream.timeouts.response == 30s);
  CHECK(s.upstream.timeouts.idle == 60s);
  CHECK(s.upstream.keepalive == 256);
  CHECK(s.upstream.keepalive_idle == 30s);
  CHECK(s.upstream.attempts == 3);
  CHECK_FALSE(s.default_limits);
  CHECK(s.rate_limit.enabled);
  REQUIRE(s.rate_limit.client_id.size() == 2);
  CHECK(s.rate_limit.client_id[0].kind == ClientIdSource::Kind::header);
  CHECK(s.rate_limit.client_id[0].header == "X-API-Key");
  CHECK(s.rate_limit.client_id[1].kind == ClientIdSource::Kind::ip);
  CHECK(s.rate_limit.trusted_proxies.empty());
  CHECK(s.rate_limit.max_clients == 1'000'000);
  CHECK(s.rate_limit.on_storage_error == StorageErrorPolicy::default_limits);
  CHECK(s.log.level == LogLevel::info);
  CHECK(s.log.format == LogFormat::text);
  REQUIRE(s.backends.size() == 1);
  CHECK(s.backends[0].weight == 1);
  const auto& health = s.backends[0].health;
  CHECK(health.method == "GET");
  CHECK(health.path == "/health");
  CHECK(health.expect.Contains(200));
  CHECK_FALSE(health.expect.Contains(204));
  CHECK(health.timeout == 2s);
  CHECK(health.rise == 1);
  CHECK(health.fall == 2);
}

TEST_CASE("Every key reaches its setting") {
  const Settings s = Good(R"(
server:
  host: "::1"
  port: 0
  frontend: evhttp
  workers: 4
  max_connections: 5000
  share_port: true
  header_bytes: 4096
  header_count: 50
  uri_bytes: 1000
  body_bytes: 2000
  timeouts: {header: 1s, body: 250ms, idle: 2m, drain: 1h}
admin:
  host: 0.0.0.0
  port: 0
  token: s3cret
  allow: [10.0.0.0/8]
db:
  db_host: /run/pg
  db_port: 5433
  db_name: limits
  db_user: me
  db_password: 12345
  db_sslmode: verify-full
  pool_size: 8
  auto_migrate: false
embedded_db: {path: /tmp/x.db}
strategy: least-connections
ticker_rate_sec: 0.5
backend_list:
  - backend_url: http://B1:81/base/
    weight: 3
    config:
      health: {method: HEAD, url: "/ok?x=1", expect: 200-204, timeout: 3s, rise: 4, fall: 5}
  - backend_url: http://b2
    config: {health: {expect: 404}}
upstream:
  timeouts: {connect: 2s, response: 3s, idle: 4s}
  keepalive: 0
  keepalive_idle: 5s
  attempts: 1
default_limits: {capacity: 10, rate_per_sec: 0.2}
rate_limit:
  enabled: false
  client_id: [ip_port, "header:X-User"]
  trusted_proxies: ["::1/128", 10.0.0.1]
  max_clients: 1
  on_storage_error: reject
log: {level: debug, format: json}
)");
  CHECK(s.server.host == "::1");
  CHECK(s.server.port == 0);
  CHECK(s.server.workers == 4);
  CHECK(s.server.max_connections == 5000);
  CHECK(s.server.share_port);
  CHECK(s.server.header_bytes == 4096);
  CHECK(s.server.header_count == 50);
  CHECK(s.server.uri_bytes == 1000);
  CHECK(s.server.body_bytes == 2000);
  CHECK(s.server.timeouts.header == 1s);
  CHECK(s.server.timeouts.body == 250ms);
  CHECK(s.server.timeouts.idle == 2min);
  CHECK(s.server.timeouts.drain == 1h);
  CHECK(s.admin.host == "0.0.0.0");
  CHECK(s.admin.port == 0);
  CHECK(s.admin.token == "s3cret");
  CHECK(model::ContainsAddress(s.admin.allow, model::IpAddress::Parse("10.1.1.1").value()));
  CHECK_FALSE(model::ContainsAddress(s.admin.allow, model::IpAddress::Parse("127.0.0.1").value()));
  REQUIRE(s.db);
  CHECK(s.db->host == "/run/pg");
  CHECK(s.db->port == 5433);
  CHECK(s.db->name == "limits");
  CHECK(s.db->user == "me");
  CHECK(s.db->password == "12345");
  CHECK(s.db->sslmode == "verify-full");
  CHECK(s.db->pool_size == 8);
  CHECK_FALSE(s.db->auto_migrate);
  CHECK(s.embedded_db.path == "/tmp/x.db");
  CHECK(s.strategy == StrategyKind::least_connections);
  CHECK(s.check_period == 500ms);
  REQUIRE(s.backends.size() == 2);
  CHECK(s.backends[0].url == "http://B1:81/base/");
  CHECK(s.backends[0].host == "b1");
  CHECK(s.backends[0].port == 81);
  CHECK(s.backends[0].base_path == "/base");
  CHECK(s.backends[0].weight == 3);
  CHECK(s.backends[0].health.method == "HEAD");
  CHECK(s.backends[0].health.path == "/ok?x=1");
  CHECK(s.backends[0].health.expect.Contains(203));
  CHECK(s.backends[0].health.timeout == 3s);
  CHECK(s.backends[0].health.rise == 4);
  CHECK(s.backends[0].health.fall == 5);
  CHECK(s.backends[1].health.expect.Contains(404));
  CHECK_FALSE(s.backends[1].health.expect.Contains(200));
  CHECK(s.upstream.timeouts.connect == 2s);
  CHECK(s.upstream.timeouts.response == 3s);
  CHECK(s.upstream.timeouts.idle == 4s);
  CHECK(s.upstream.keepalive == 0);
  CHECK(s.upstream.keepalive_idle == 5s);
  CHECK(s.upstream.attempts == 1);
  CHECK(s.default_limits == model::Limit{10, 0.2});
  CHECK_FALSE(s.rate_limit.enabled);
  REQUIRE(s.rate_limit.client_id.size() == 2);
  CHECK(s.rate_limit.client_id[0].kind == ClientIdSource::Kind::ip_port);
  CHECK(s.rate_limit.client_id[1].header == "X-User");
  CHECK(s.rate_limit.trusted_proxies.size() == 2);
  CHECK(s.rate_limit.max_clients == 1);
  CHECK(s.rate_limit.on_storage_error == StorageErrorPolicy::reject);
  CHECK(s.log.level == LogLevel::debug);
  CHECK(s.log.format == LogFormat::json);
}

TEST_CASE("Empty sections mean their defaults") {
  const Settings s = Good(
      "server:\nadmin: {token: }\nupstream: {timeouts: }\ndefault_limits: null\nrate_limit: ~\n"
      "log: {}\ndb:\n" +
      kBackends);
  CHECK(s.server.port == 8080);
  CHECK(s.admin.token.empty());
  CHECK_FALSE(s.default_limits);
  REQUIRE(s.db);
  CHECK(s.db->name == "clients_db");
}

TEST_CASE("Aliases stand for what they name") {
  const Settings s = Good(R"(
backend_list:
  - backend_url: http://b1
    config: &same {health: {url: /up}}
  - backend_url: http://b2
    config: *same
)");
  CHECK(s.backends[1].health.path == "/up");
}

TEST_CASE("A small header_bytes takes a uri_bytes that is not given down with it") {
  CHECK(GoodWith("server: {header_bytes: 4096}").server.uri_bytes == 4096);
}

TEST_CASE("Ten mistakes are ten problems, by line") {
  CHECK(Wrong(R"(server:
  prot: 8080
  workers: -1
  port: 8080
  port: 8081
admin: {token: "a b"}
db: {db_port: '${NOT_SET}'}
strategy: random
ticker_rate_sec: 5s
backend_list:
  - backend_url: https://b1
  - {backend_url: "http://b2", weight: 1.5}
default_limits: {capacity: 10}
)") == R"(f:2: server.prot: is not a known key; did you mean 'port'?
f:3: server.workers: must be a whole number from 0 to 1024
f:5: server.port: is repeated; it is on line 4 already
f:6: admin.token: must be visible ASCII characters, without spaces
f:7: db.db_port: needs the environment variable NOT_SET, which is not set (${NOT_SET:-default} gives it a default)
f:8: strategy: must be one of: round-robin, least-connections
f:9: ticker_rate_sec: must be a number of seconds from 0.001 to 3600, without a unit
f:11: backend_list[0].backend_url: is an https URL, and this version speaks only http to backends
f:12: backend_list[1].weight: must be a whole number from 1 to 1000
f:13: default_limits.rate_per_sec: is missing; a limit has both of its numbers
)");
}

TEST_CASE("A wrong value is reported with its line, its key and what it must be") {
  struct Row {
    std::string text, problem;
  };
  const auto [text, problem] = GENERATE(values<Row>({
      {"server: 1", "server: must be a mapping of keys to values"},
      {"server: {host: ''}",
       "server.host: must be a host name or an address (IPv6 without brackets)"},
      {"server: {host: [\"::\"]}", "server.host: must be a single value, not a list"},
      {"server: {host: '[::]'}",
       "server.host: must be a host name or an address (IPv6 without brackets)"},
      {"redirect_split: {enabled: 1}", "redirect_split.enabled: must be one of: true, false"},
      {"redirect_split: {enabled: true}",
       "redirect_split.origin_hosts: must name the hosts that videos may be at"},
      {"redirect_split: {enabled: true, origin_hosts: []}",
       "redirect_split.origin_hosts: must name the hosts that videos may be at"},
      {"redirect_split: {origin_hosts: ['*']}",
       "redirect_split.origin_hosts[0]: must be a host name, whose first label may be '*', such as "
       "*.origin-cluster"},
      {"redirect_split: {parameter: ''}",
       "redirect_split.parameter: must be letters, digits, '-', '_' and '.'"},
      {"redirect_split: {parameter: 'a&b'}",
       "redirect_split.parameter: must be letters, digits, '-', '_' and '.'"},
      {"redirect_split: {tag: ''}", "redirect_split.tag: must not be empty"},
      {"redirect_split: {percent: 1}", "redirect_split.percent: is not a known key"},
      {"redirect_split: {default: 0.3}", "redirect_split.default: must be a list"},
      {"redirect_split: {default: [{percent: 0.3}]}", "redirect_split.default[0].host: is missing"},
      {"redirect_split: {default: [{host: 'http://a'}]}",
       "redirect_split.default[0].percent: is missing"},
      {"redirect_split: {default: [{host: 'http://a', percent: 0.3, weight: 1}]}",
       "redirect_split.default[0].weight: is not a known key"},
      {"redirect_split: {default: [{host: cdn, percent: 0.3}]}",
       "redirect_split.default[0].host: must begin with http:// or https://, such as "
       "http://localhost:3200"},
      {"redirect_split: {default: [{host: 'http://a', percent: 30}]}",
       "redirect_split.default[0].percent: must be a number from 0 to 1"},
      {"redirect_split: {default: [{host: 'http://a', percent: nan}]}",
       "redirect_split.default[0].percent: must be a number from 0 to 1"},
      {"redirect_split: {default: [{host: 'http://a', percent: 30%}]}",
       "redirect_split.default[0].percent: must be a number from 0 to 1"},
      {"redirect_split: {default: [{host: 'http://a', percent: 0.7}, {host: 'http://b', percent: "
       "0.4}]}",
       "redirect_split.default: must have percents whose sum is at most 1"},
      {"redirect_split: {default: [{host: 'http://a', percent: 0.1}, {host: 'http://a', percent: "
       "0.1}]}",
       "redirect_split.default: must not name a host twice (http://a)"},
      {"server: {port: 65536}", "server.port: must be a whole number from 0 to 65535"},
      {"server: {port: {a: b}}", "server.port: must be a single value, not a mapping"},
      {"server: {port: ''}", "server.port: must be a whole number from 0 to 65535"},
      {"server: {frontend: nginx}", "server.frontend: must be one of: evhttp, native"},
      {"server: {workers: 1025}", "server.workers: must be a whole number from 0 to 1024"},
      {"server: {max_connections: -1}",
       "server.max_connections: must be a whole number from 0 to 10000000"},
      {"server: {share_port: yes}", "server.share_port: must be one of: true, false"},
      {"server: {header_bytes: 1023}",
       "server.header_bytes: must be a whole number from 1024 to 1048576"},
      {"server: {header_bytes: 1048577}",
       "server.header_bytes: must be a whole number from 1024 to 1048576"},
      {"server: {header_count: 0}", "server.header_count: must be a whole number from 1 to 1000"},
      {"server: {uri_bytes: 63}", "server.uri_bytes: must be a whole number from 64 to 32768"},
      {"server: {header_bytes: 2048, uri_bytes: 2049}",
       "server.uri_bytes: must be a whole number from 64 to 2048"},
      {"server: {body_bytes: 1099511627777}",
       "server.body_bytes: must be a whole number from 0 to 1099511627776"},
      {"server: {body_bytes: 0}",
       "server.body_bytes: must be a limit; 0 (no limit) needs the native front end"},
      {"server: {timeouts: {idle: 0}}", "server.timeouts.idle: must be over 0 and at most 24h"},
      {"server: {timeouts: {drain: 30}}",
       "server.timeouts.drain: must be a whole number and its unit, ms, s, m or h, such as 250ms "
       "or 10s"},
      {"server: {timeouts: 10s}", "server.timeouts: must be a mapping of keys to values"},
      {"admin: {port: 8080}",
       "admin.port: must differ from server.port, as admin.host overlaps server.host"},
      {"admin: {port: x}", "admin.port: must be a whole number from 0 to 65535"},
      {"admin: {allow: 10.0.0.0/8}", "admin.allow: must be a list"},
      {"admin: {allow: [10.0.0.0/8, 10.0.0.1/8]}",
       "admin.allow[1]: must be an address or a network such as 10.0.0.0/8 or ::1/128, no bit set "
       "past it"},
      {"admin: {allow: [~]}", "admin.allow[0]: is empty"},
      {"db: {db_host: ''}", "db.db_host: must not be empty"},
      {"db: {db_user: \"a\\tb\"}", "db.db_user: must not contain control characters"},
      {"db: {db_port: 0}", "db.db_port: must be a whole number from 1 to 65535"},
      {"db: {db_sslmode: on}",
       "db.db_sslmode: must be one of: disable, allow, prefer, require, verify-ca, verify-full"},
      {"db: {pool_size: 129}", "db.pool_size: must be a whole number from 1 to 128"},
      {"db: postgres", "db: must be a mapping of keys to values"},
      {"embedded_db: {path: ''}", "embedded_db.path: must not be empty"},
      {"ticker_rate_sec: 0",
       "ticker_rate_sec: must be a number of seconds from 0.001 to 3600, without a unit"},
      {"upstream: {attempts: 0}", "upstream.attempts: must be a whole number from 1 to 100"},
      {"upstream: {keepalive: 100001}",
       "upstream.keepalive: must be a whole number from 0 to 100000"},
      {"upstream: {keepalive_idle: 25h}",
       "upstream.keepalive_idle: must be over 0 and at most 24h"},
      {"default_limits: {rate_per_sec: 1}",
       "default_limits.capacity: is missing; a limit has both of its numbers"},
      {"default_limits: {capacity: 0, rate_per_sec: 1}",
       "default_limits.capacity: must be a whole number from 1 to 1000000000"},
      {"default_limits: {capacity: 1, rate_per_sec: .inf}",
       "default_limits.rate_per_sec: must be a number over 0, at most 1e9"},
      {"rate_limit: {client_id: []}", "rate_limit.client_id: must not be empty"},
      {"rate_limit: {client_id: [ip, ip]}", "rate_limit.client_id: must not name a source twice"},
      {"rate_limit: {client_id: ['header:A', 'header:a']}",
       "rate_limit.client_id: must not name a source twice"},
      {"rate_limit: {client_id: [host]}",
       "rate_limit.client_id[0]: must be one of: header:NAME, ip, ip_port"},
      {"rate_limit: {max_clients: 0}",
       "rate_limit.max_clients: must be a whole number from 1 to 1000000000"},
      {"rate_limit: {on_storage_error: allow}",
       "rate_limit.on_storage_error: must be one of: default_limits, reject"},
      {"log: {level: loud}", "log.level: must be one of: debug, info, warn, warning, error"},
      {"log: {format: xml}", "log.format: must be one of: text, json"},
      {"metrics: {}", "metrics: is not a known key"},
      {"statregy: round-robin", "statregy: is not a known key; did you mean 'strategy'?"},
      {"? [a]\n: b", "has a key that is not a word"},
      {"log: {\"le\\nvel\": info}", "log.le?vel: is not a known key; did you mean 'level'?"},
  }));
  CHECK(WrongWith(text) == "f:1: " + problem + "\n");
}

TEST_CASE("A wrong backend is reported with its place in the list") {
  struct Row {
    std::string entry, problem;
  };
  const auto [entry, problem] = GENERATE(values<Row>({
      {"http://b2", "backend_list[1]: must be a mapping of keys to values"},
      {"{weight: 2}", "backend_list[1].backend_url: is missing"},
      {"{}", "backend_list[1].backend_url: is missing"},
      {"{backend_url: b2}",
       "backend_list[1].backend_url: must begin with http://, such as http://localhost:8081"},
      {"{backend_url: 'HTTP://B1:80/'}",
       "backend_list[1].backend_url: is the same backend as backend_list[0]"},
      {"{backend_url: 'http://b2', weight: 0}",
       "backend_list[1].weight: must be a whole number from 1 to 1000"},
      {"{backend_url: 'http://b2', config: {health: {method: POST}}}",
       "backend_list[1].config.health.method: must be one of: GET, HEAD, OPTIONS"},
      {"{backend_url: 'http://b2', config: {health: {url: health}}}",
       "backend_list[1].config.health.url: must begin with '/'"},
      {"{backend_url: 'http://b2', config: {health: {expect: [200]}}}",
       "backend_list[1].config.health.expect: must be a single value, not a list"},
      {"{backend_url: 'http://b2', config: {health: {rise: 101}}}",
       "backend_list[1].config.health.rise: must be a whole number from 1 to 100"},
      {"{backend_url: 'http://b2', config: {healht: {}}}",
       "backend_list[1].config.healht: is not a known key; did you mean 'health'?"},
  }));
  CHECK(Wrong("backend_list:\n  - backend_url: http://b1\n  - " + entry) ==
        "f:3: " + problem + "\n");
}

TEST_CASE("At least one backend must be named") {
  CHECK(Wrong("log: {}") == "f:1: backend_list: must name at least one backend\n");
  CHECK(Wrong("log: {}\nbackend_list:") == "f:2: backend_list: must name at least one backend\n");
  CHECK(Wrong("log: {}\nbackend_list: []") ==
        "f:2: backend_list: must name at least one backend\n");
  CHECK(Wrong("backend_list:\n  -\n") == "f:2: backend_list[0].backend_url: is missing\n");
  CHECK(Wrong("log: {}\nbackend_list: http://b1") == "f:2: backend_list: must be a list\n");
}

TEST_CASE("Backends that differ in host, port or base path are not the same") {
  const Settings s = Good(
      "backend_list:\n- backend_url: http://b1\n- backend_url: http://b1:81\n"
      "- backend_url: http://b1/a\n- backend_url: http://b2\n");
  CHECK(s.backends.size() == 4);
}

TEST_CASE("What is not one YAML mapping is reported with its line") {
  CHECK(Wrong("") == "f: is empty; backend_list at least is needed\n");
  CHECK(Wrong("# nothing\n") == "f: is empty; backend_list at least is needed\n");
  CHECK(Wrong("- a\n- b\n") == "f:1: must be a mapping of keys to values\n");
  CHECK(Wrong("log: {}\nb: [1\nc: 2\n").find("is not YAML") != std::string::npos);
  const std::string unclosed =
      "is not YAML: illegal EOF in scalar (a quote further up is not closed)";
  CHECK(Wrong(kBackends + "strategy: 'x\n") == "f:2: " + unclosed + "\n");
  CHECK(Wrong(kBackends + "strategy: \"x\nserver: {}\n") == "f:3: " + unclosed + "\n");
  CHECK(Wrong(kBackends + "server: {host: 'x}\n").find(unclosed) != std::string::npos);
  CHECK(Wrong("log: {}\n\tserver: {}\n").starts_with("f:2: is not YAML"));
  CHECK(Wrong(kBackends + "---\n" + kBackends) ==
        "f:3: is not one YAML document: a second one begins here\n");
  CHECK(Wrong(kBackends + "stray\n") == "f:2: is not YAML: end of map not found\n");
  CHECK(Wrong(kBackends + "\x04\nserver: {prot: 1}\n") ==
        "f:2: is not YAML: a control character (is this UTF-8 text?)\n");
  CHECK(Wrong("log: *nowhere\n").starts_with("f:1: is not YAML"));
}

TEST_CASE("Aliases that grow without end are refused") {
  CHECK(Wrong("log: &a [*a]\n").find("is nested too deeply") != std::string::npos);
  std::string laughs = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 25; ++i) {
    const std::string last = std::to_string(i - 1);
    const std::string name = std::to_string(i);
    laughs += "a" + name + ": &a" + name + " [*a" + last + ", *a" + last + "]\n";
  }
  CHECK(Wrong(laughs).find("repeats itself without end") != std::string::npos);
}

TEST_CASE("The listeners may share a port number on hosts of their own") {
  const auto hosts = [](const std::string& server, const std::string& admin) {
    return LoadText("server: {host: '" + server + "', port: 80}\nadmin: {host: '" + admin +
                        "', port: 80}\n" + kBackends,
                    With({}))
        .has_value();
  };
  CHECK(hosts("10.0.0.1", "127.0.0.1"));
  CHECK(hosts("0.0.0.0", "::1"));
  CHECK_FALSE(hosts("0.0.0.0", "127.0.0.1"));
  CHECK_FALSE(hosts("127.0.0.1", "0.0.0.0"));
  CHECK_FALSE(hosts("::", "127.0.0.1"));
  CHECK_FALSE(hosts("localhost", "127.0.0.1"));
  CHECK_FALSE(hosts("::1", "0:0::1"));
  CHECK(GoodWith("server: {port: 0}\nadmin: {port: 0}").admin.port == 0);
}

TEST_CASE("The environment takes the place of what the file says") {
  const Variables all{{"PG_HOST", "pg"},       {"PG_PORT", "6000"},
                      {"PG_USER", "u"},        {"PG_DATABASE_NAME", "n"},
                      {"PG_PASSWORD", "${X}"}, {"PG_SSLMODE", "require"}};
  const Settings s = GoodWith("db: {db_host: file, db_port: 1}", all);
  REQUIRE(s.db);
  CHECK(s.db->host == "pg");
  CHECK(s.db->port == 6000);
  CHECK(s.db->user == "u");
  CHECK(s.db->name == "n");
  CHECK(s.db->password == "${X}");
  CHECK(s.db->sslmode == "require");

  CHECK_FALSE(Good(kBackends, all).db);
  CHECK(GoodWith("db: {db_host: file}", {{"PG_HOST", ""}}).db->host == "file");
  CHECK(Good(kBackends, {{"BALANCER_ADMIN_TOKEN", "t"}}).admin.token == "t");
  CHECK(GoodWith("admin: {token: file}", {{"BALANCER_ADMIN_TOKEN", "t"}}).admin.token == "t");
}

TEST_CASE("A bad value from the environment is reported with the variable's name") {
  const std::string problem =
      "db.db_port: must be a whole number from 1 to 65535 (the value comes from PG_PORT in the "
      "environment)\n";
  CHECK(WrongWith("db:\n  db_port: 1", {{"PG_PORT", "x"}}) == "f:2: " + problem);
  CHECK(WrongWith("db: {}", {{"PG_PORT", "65536"}}) == "f:1: " + problem);
  CHECK(WrongWith("db: {db_port: '${MY_PORT:-1}'}", {{"MY_PORT", "x"}}).find("MY_PORT") !=
        std::string::npos);
}

TEST_CASE("Values from the environment are not read as YAML") {
  const std::string password = "a: [b] # 'c\" ${D} *e\nf: g";
  const Settings s = GoodWith("db: {db_password: '${SECRET}'}", {{"SECRET", password}});
  CHECK(s.db->password == password);
  CHECK(GoodWith("server: {port: \"${PORT:-81}\"}").server.port == 81);
}

TEST_CASE("A file that cannot be read is one problem without a line") {
  const TemporaryFolder folder;
  const auto load = [&](const std::string& name) {
    const auto loaded = LoadFile((folder.path / name).string(), With({}));
    return loaded ? "nothing" : Report(loaded.error(), "f");
  };
  CHECK(load("missing.yaml") == "f: cannot be read: No such file or directory\n");
  CHECK(load(".") ==
        "f: cannot be read: Is a directory (docker makes one where the file to mount is "
        "missing)\n");
  std::ofstream(folder.path / "big.yaml") << "#" << std::string(1024 * 1024, 'x');
  CHECK(load("big.yaml") == "f: is over 1 MiB long, too much for a configuration\n");
  std::ofstream(folder.path / "good.yaml") << kBackends;
  CHECK(load("good.yaml") == "nothing");
}

TEST_CASE("The shipped files load without problems") {
  const auto load = [](const std::string& name, const Variables& variables = {}) {
    const auto loaded = LoadFile(std::string(BALANCER_CONFIG_DIR "/") + name, With(variables));
    if (!loaded) FAIL(Report(loaded.error(), name));
    return *loaded;
  };

  const Settings docker = load("config.yaml");
  CHECK(docker.server.port == 8080);
  REQUIRE(docker.db);
  CHECK(docker.db->host == "postgres");
  REQUIRE(docker.backends.size() == 3);
  CHECK(docker.backends[2].authority == "test-backend-3:8083");
  CHECK(model::ContainsAddress(docker.admin.allow, model::IpAddress::Parse("172.17.0.1").value()));
  CHECK_FALSE(
      model::ContainsAddress(docker.admin.allow, model::IpAddress::Parse("8.8.8.8").value()));

  const Settings local = load("local.yaml", {{"PG_HOST", "/run/pg"}, {"PG_PORT", "5439"}});
  CHECK(local.server.port == 8080);
  REQUIRE(local.db);
  CHECK(local.db->host == "/run/pg");
  CHECK(local.db->port == 5439);
  REQUIRE(local.backends.size() == 3);
  CHECK(local.backends[0].authority == "localhost:8081");
  CHECK(load("local.yaml").db->host == "localhost");

  const Settings embedded = load("local-embedded.yaml");
  CHECK_FALSE(embedded.db);
  CHECK(embedded.default_limits == local.default_limits);
}

}  // namespace
}  // namespace balancer::config
