#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "internal/model/backend.hpp"
#include "internal/model/cidr.hpp"
#include "internal/model/client_limit.hpp"
#include "internal/model/host_pattern.hpp"
#include "internal/model/redirect_target.hpp"

// The configuration, typed and checked: what CONTRACT calls the YAML file. Plain data; defaults are
// those of the file format. Times are milliseconds.
namespace balancer::config {

using std::chrono::milliseconds;

enum class FrontendKind { evhttp, native };
enum class StrategyKind { round_robin, least_connections };
enum class StorageErrorPolicy { default_limits, reject };
enum class LogLevel { debug, info, warning, error };
enum class LogFormat { text, json };

struct ServerSettings {
  std::string host = "0.0.0.0";
  std::uint16_t port = 8080;
  FrontendKind frontend = FrontendKind::evhttp;
  int workers = 0;                  // 0 = one per CPU
  std::size_t max_connections = 0;  // 0 = as many as the open-file limit allows
  bool share_port = false;
  std::size_t header_bytes = 32768;
  std::size_t header_count = 100;
  std::size_t uri_bytes = 8192;
  std::size_t body_bytes = 10485760;  // 0 = no limit, native front end only
  struct Timeouts {
    milliseconds header{10'000};  // from a request's first byte to the end of its head
    milliseconds body{60'000};    // between two reads of a body, or two writes of a response
    milliseconds idle{75'000};    // between requests
    milliseconds drain{30'000};   // at shutdown, for requests in flight
  } timeouts;
};

struct AdminSettings {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8090;  // 0 = no admin listener
  std::string token;          // "" = by address
  // Who may use the control plane where there is no token.
  std::vector<model::Cidr> allow{*model::Cidr::Parse("127.0.0.0/8"),
                                 *model::Cidr::Parse("::1/128")};
};

struct PostgresSettings {
  std::string host = "localhost";  // a name, an address, or the directory of a unix socket
  std::uint16_t port = 5432;
  std::string name = "clients_db";
  std::string user = "admin";
  std::string password;
  std::string sslmode = "disable";
  int pool_size = 4;
  bool auto_migrate = true;
};

struct EmbeddedDbSettings {
  std::string path = "balancer.db";
};

struct UpstreamSettings {
  struct Timeouts {
    milliseconds connect{1'000};
    milliseconds response{30'000};  // from the request's last byte to the response's first
    milliseconds idle{60'000};      // between two reads of a response, or two writes of a request
  } timeouts;
  std::size_t keepalive = 256;  // idle connections kept, per backend and worker
  milliseconds keepalive_idle{30'000};
  int attempts = 3;  // backends tried for one request
};

// Where a request's client_id is taken from.
struct ClientIdSource {
  enum class Kind { header, ip, ip_port } kind = Kind::ip;
  std::string header;  // the field's name, for Kind::header
};

struct RateLimitSettings {
  bool enabled = true;
  std::vector<ClientIdSource> client_id{{ClientIdSource::Kind::header, "X-API-Key"},
                                        {ClientIdSource::Kind::ip, ""}};
  std::vector<model::Cidr> trusted_proxies;
  std::size_t max_clients = 1'000'000;
  StorageErrorPolicy on_storage_error = StorageErrorPolicy::default_limits;
};

// A share of the requests for a video goes to CDN hosts.
struct RedirectSplitSettings {
  bool enabled = false;
  std::string parameter = "video";               // of the query; holds the video's URL
  std::string tag = "VIDEO:CDN";                 // the name of the shares in the settings API
  std::vector<model::HostPattern> origin_hosts;  // where videos may be
  model::RedirectTargets targets;                // `default`: the shares until they are edited
};

struct LogSettings {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;
};

struct Settings {
  ServerSettings server;
  AdminSettings admin;
  std::optional<PostgresSettings> db;  // absent: the embedded store
  EmbeddedDbSettings embedded_db;
  StrategyKind strategy = StrategyKind::round_robin;
  milliseconds check_period{5'000};  // ticker_rate_sec
  std::vector<model::BackendSettings> backends;
  UpstreamSettings upstream;
  std::optional<model::Limit> default_limits;  // absent: unknown clients are not limited
  RateLimitSettings rate_limit;
  RedirectSplitSettings redirect_split;
  LogSettings log;
};

}  // namespace balancer::config
