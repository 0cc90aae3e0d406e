#include "internal/config/read_settings.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "internal/config/backend_url.hpp"

namespace balancer::config {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = kKiB * kKiB;
constexpr std::int64_t kTiB = kMiB * kMiB;

// True when a listener at one host keeps another at the same port from the other host.
bool Overlap(const std::string& a, const std::string& b) {
  const auto resolve = [](const std::string& host) {
    return model::IpAddress::Parse(host == "localhost" ? "127.0.0.1" : host);
  };
  const auto holds = [&](const std::string& wildcard, const std::string& host) {
    const auto address = resolve(host);
    return wildcard == "::" || (wildcard == "0.0.0.0" && (!address || address->is_v4()));
  };
  if (a == b || holds(a, b) || holds(b, a)) return true;
  return resolve(a) && resolve(a) == resolve(b);
}

void ReadServer(Section& section, ServerSettings& server) {
  section.Read("host", server.host, ParseHost);
  section.Read("port", server.port, Whole{0, 65535});
  section.Read(
      "frontend", server.frontend,
      OneOf<FrontendKind>{{{"evhttp", FrontendKind::evhttp}, {"native", FrontendKind::native}}});
  section.Read("workers", server.workers, Whole{0, 1024});
  section.Read("max_connections", server.max_connections, Whole{0, 10'000'000});
  section.Read("share_port", server.share_port, ParseBool);
  section.Read("header_bytes", server.header_bytes, Whole{kKiB, kMiB});
  section.Read("header_count", server.header_count, Whole{1, 1000});
  const Whole uri_range{64, static_cast<std::int64_t>(server.header_bytes)};
  if (!section.Read("uri_bytes", server.uri_bytes, uri_range)) {
    server.uri_bytes = std::min(server.uri_bytes, server.header_bytes);
  }
  section.Read("body_bytes", server.body_bytes, Whole{0, kTiB});
  if (server.body_bytes == 0 && server.frontend == FrontendKind::evhttp) {
    section.Fail("body_bytes", "must be a limit; 0 (no limit) needs the native front end");
  }
  section.Inside("timeouts", [&](Section& timeouts) {
    timeouts.Read("header", server.timeouts.header, ParseDuration);
    timeouts.Read("body", server.timeouts.body, ParseDuration);
    timeouts.Read("idle", server.timeouts.idle, ParseDuration);
    timeouts.Read("drain", server.timeouts.drain, ParseDuration);
  });
}

void ReadAdmin(Section& section, const ServerSettings& server, AdminSettings& admin) {
  section.Read("host", admin.host, ParseHost);
  section.Read("port", admin.port, Whole{0, 65535});
  section.Read("token", admin.token, ParseToken, "BALANCER_ADMIN_TOKEN");
  section.ReadList("allow", admin.allow, ParseCidr);
  if (admin.port != 0 && admin.port == server.port && Overlap(admin.host, server.host)) {
    section.Fail("port", "must differ from server.port, as admin.host overlaps server.host");
  }
}

void ReadPostgres(Section& section, PostgresSettings& db) {
  section.Read("db_host", db.host, ParseName, "PG_HOST");
  section.Read("db_port", db.port, Whole{1, 65535}, "PG_PORT");
  section.Read("db_name", db.name, ParseName, "PG_DATABASE_NAME");
  section.Read("db_user", db.user, ParseName, "PG_USER");
  section.Read("db_password", db.password, ParseText, "PG_PASSWORD");
  section.Read("db_sslmode", db.sslmode,
               Word{{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
               "PG_SSLMODE");
  section.Read("pool_size", db.pool_size, Whole{1, 128});
  section.Read("auto_migrate", db.auto_migrate, ParseBool);
}

void ReadHealth(Section& section, model::HealthSettings& health) {
  section.Read("method", health.method, Word{{"GET", "HEAD", "OPTIONS"}});
  section.Read("url", health.path, ParsePath);
  section.Read("expect", health.expect, ParseStatusSet);
  section.Read("timeout", health.timeout, ParseDuration);
  section.Read("rise", health.rise, Whole{1, 100});
  section.Read("fall", health.fall, Whole{1, 100});
}

model::BackendSettings ReadBackend(Section& section) {
  model::BackendSettings backend;
  if (!section.HasValue("backend_url")) section.Fail("backend_url", "is missing");
  section.Read("backend_url", backend, [](std::string_view text) {
    return ParseBackendUrl(text).map_error([](model::Error error) { return error.detail; });
  });
  section.Read("weight", backend.weight, Whole{1, 1000});
  section.Inside("config", [&](Section& config) {
    config.Inside("health", [&](Section& health) { ReadHealth(health, backend.health); });
  });
  return backend;
}

void ReadBackends(Section& root, std::vector<model::BackendSettings>& backends) {
  std::map<std::tuple<std::string, std::uint16_t, std::string>, std::string> seen;
  const bool given = root.ForEach("backend_list", [&](Section& section) {
    const auto& backend = backends.emplace_back(ReadBackend(section));
    if (backend.url.empty()) return;
    const auto [first, is_new] =
        seen.try_emplace({backend.host, backend.port, backend.base_path}, section.path());
    if (!is_new) section.Fail("backend_url", "is the same backend as " + first->second);
  });
  if (!given) root.Fail("backend_list", "must name at least one backend");
}

void ReadUpstream(Section& section, UpstreamSettings& upstream) {
  section.Inside("timeouts", [&](Section& timeouts) {
    timeouts.Read("connect", upstream.timeouts.connect, ParseDuration);
    timeouts.Read("response", upstream.timeouts.response, ParseDuration);
    timeouts.Read("idle", upstream.timeouts.idle, ParseDuration);
  });
  section.Read("keepalive", upstream.keepalive, Whole{0, 100'000});
  section.Read("keepalive_idle", upstream.keepalive_idle, ParseDuration);
  section.Read("attempts", upstream.attempts, Whole{1, 100});
}

void ReadLimit(Section& section, model::Limit& limit) {
  for (const char* key : {"capacity", "rate_per_sec"}) {
    if (!section.HasValue(key)) section.Fail(key, "is missing; a limit has both of its numbers");
  }
  section.Read("capacity", limit.capacity, Whole{1, model::kMaxCapacity});
  section.Read("rate_per_sec", limit.rate_per_sec, ParseRate);
}

// True when two sources are the same; field names know no case.
bool Same(const ClientIdSource& a, const ClientIdSource& b) {
  return a.kind == b.kind && std::ranges::equal(a.header, b.header, [](char x, char y) {
           return std::tolower(static_cast<unsigned char>(x)) ==
                  std::tolower(static_cast<unsigned char>(y));
         });
}

void ReadRateLimit(Section& section, RateLimitSettings& rate_limit) {
  section.Read("enabled", rate_limit.enabled, ParseBool);
  auto& sources = rate_limit.client_id;
  section.ReadList("client_id", sources, ParseClientIdSource);
  if (sources.empty()) section.Fail("client_id", "must not be empty");
  for (auto source = sources.begin(); source != sources.end(); ++source) {
    if (std::any_of(sources.begin(), source, [&](const auto& s) { return Same(s, *source); })) {
      section.Fail("client_id", "must not name a source twice");
    }
  }
  section.ReadList("trusted_proxies", rate_limit.trusted_proxies, ParseCidr);
  section.Read("max_clients", rate_limit.max_clients, Whole{1, 1'000'000'000});
  section.Read("on_storage_error", rate_limit.on_storage_error,
               OneOf<StorageErrorPolicy>{{{"default_limits", StorageErrorPolicy::default_limits},
                                          {"reject", StorageErrorPolicy::reject}}});
}

void ReadRedirectSplit(Section& section, RedirectSplitSettings& split) {
  section.Read("enabled", split.enabled, ParseBool);
  section.Read("parameter", split.parameter, ParseParameter);
  section.Read("tag", split.tag, ParseName);
  const bool read = section.ReadList("origin_hosts", split.origin_hosts, ParseHostPattern);
  if (split.enabled && split.origin_hosts.empty() && (read || !section.HasValue("origin_hosts"))) {
    section.Fail("origin_hosts", "must name the hosts that videos may be at");
  }
  section.ForEach("default", [&](Section& entry) {
    auto& target = split.targets.emplace_back();
    for (const char* key : {"host", "percent"}) {
      if (!entry.HasValue(key)) entry.Fail(key, "is missing");
    }
    entry.Read("host", target.host, ParseRedirectHost);
    entry.Read("percent", target.percent, ParsePercent);
  });
  std::vector<model::RedirectTarget> named = split.targets;
  std::erase_if(named, [](const auto& target) { return target.host.empty(); });
  if (const auto checked = model::CheckRedirectTargets(named); !checked) {
    section.Fail("default", checked.error().detail);
  }
}

void ReadLog(Section& section, LogSettings& log) {
  section.Read("level", log.level,
               OneOf<LogLevel>{{{"debug", LogLevel::debug},
                                {"info", LogLevel::info},
                                {"warn", LogLevel::warning},
                                {"warning", LogLevel::warning},
                                {"error", LogLevel::error}}});
  section.Read("format", log.format,
               OneOf<LogFormat>{{{"text", LogFormat::text}, {"json", LogFormat::json}}});
}

}  // namespace

Settings ReadSettings(Section& root) {
  Settings settings;
  root.Inside("server", [&](Section& s) { ReadServer(s, settings.server); });
  root.Inside("admin", [&](Section& s) { ReadAdmin(s, settings.server, settings.admin); });
  if (root.Has("db")) {
    root.Inside("db", [&](Section& s) { ReadPostgres(s, settings.db.emplace()); });
  }
  root.Inside("embedded_db",
              [&](Section& s) { s.Read("path", settings.embedded_db.path, ParseName); });
  root.Read("strategy", settings.strategy,
            OneOf<StrategyKind>{{{"round-robin", StrategyKind::round_robin},
                                 {"least-connections", StrategyKind::least_connections}}});
  root.Read("ticker_rate_sec", settings.check_period, ParseSeconds);
  ReadBackends(root, settings.backends);
  root.Inside("upstream", [&](Section& s) { ReadUpstream(s, settings.upstream); });
  if (root.HasValue("default_limits")) {
    root.Inside("default_limits",
                [&](Section& s) { ReadLimit(s, settings.default_limits.emplace()); });
  }
  root.Inside("rate_limit", [&](Section& s) { ReadRateLimit(s, settings.rate_limit); });
  root.Inside("redirect_split", [&](Section& s) { ReadRedirectSplit(s, settings.redirect_split); });
  root.Inside("log", [&](Section& s) { ReadLog(s, settings.log); });
  root.RejectUnknown();
  return settings;
}

}  // namespace balancer::config
