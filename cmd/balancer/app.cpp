#include "cmd/balancer/app.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <event2/event.h>
#include <spdlog/spdlog.h>

#include "cmd/balancer/storage_options.hpp"
#include "internal/api/handler/health_handler.hpp"
#include "internal/api/handler/limits_handler.hpp"
#include "internal/api/handler/settings_handler.hpp"
#include "internal/api/handler/settings_json.hpp"
#include "internal/api/handler/stats_handler.hpp"
#include "internal/server/health_checker.hpp"
#include "internal/server/listeners.hpp"
#include "internal/server/metrics/metrics.hpp"
#include "internal/server/routers.hpp"
#include "internal/server/worker.hpp"
#include "internal/service/limits-manager/limits_manager.hpp"
#include "internal/service/pool-service/pool_service.hpp"
#include "internal/service/pool-service/strategies/least_connections.hpp"
#include "internal/service/pool-service/strategies/round_robin.hpp"
#include "internal/service/redirect-split/shares_manager.hpp"
#include "internal/service/request-counter/request_counter.hpp"
#include "internal/service/token-manager/token_manager.hpp"
#include "version.hpp"

namespace balancer {
namespace {

using repository::Storage;

// Raises the limit of open files as far as allowed; returns it.
std::size_t RaiseOpenFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) spdlog::warn("cannot raise the open-file limit");
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

// Clients at once. Each may need a backend connection too, and some descriptors are for the rest.
std::size_t MaxConnections(const config::ServerSettings& settings, std::size_t open_files) {
  if (settings.max_connections > 0) return settings.max_connections;
  const std::size_t others = std::min<std::size_t>(128, open_files / 4);
  return std::max<std::size_t>((open_files - others) / 2, 1);
}

int WorkerCount(const config::ServerSettings& settings) {
  if (settings.workers > 0) return settings.workers;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::unique_ptr<service::Strategy> MakeStrategy(config::StrategyKind kind) {
  if (kind == config::StrategyKind::least_connections) {
    return std::make_unique<service::LeastConnections>();
  }
  return std::make_unique<service::RoundRobin>();
}

service::TokenManagerOptions TokenOptions(const config::Settings& settings) {
  return {.default_limits = settings.default_limits,
          .max_clients = settings.rate_limit.max_clients,
          .reject_on_storage_error =
              settings.rate_limit.on_storage_error == config::StorageErrorPolicy::reject};
}

// The redirect split's shares, and who edits them.
struct SplitParts {
  SplitParts(const config::RedirectSplitSettings& settings, service::SettingsStorage& storage)
      : shares(settings.tag, settings.targets, storage,
               {.write = [](const auto& targets) { return api::ToJson(targets); },
                .read = &api::ParseRedirectTargets}),
        handler(shares) {}

  // The first client finds what is stored in force, unless storage is away or slow.
  void Load() {
    const auto loaded = std::make_shared<std::promise<void>>();
    shares.Load([loaded] { loaded->set_value(); });
    loaded->get_future().wait_for(std::chrono::seconds(2));
  }

  service::SharesManager shares;
  api::SettingsHandler handler;
};

// Holds SIGTERM and SIGINT back, or lets them come: one that comes during start-up is acted upon
// once there is something to stop. Threads inherit what holds when they are made.
void MaskStopSignals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(how, &signals, nullptr);
}

// Under a second, so that what a crash loses is no more than the last one, the time of a write
// included.
constexpr std::chrono::milliseconds kCountsPeriod{900};
// How long a stop waits for storage to take the last counts: long enough for it to connect anew
// when the connection has just been lost.
constexpr std::chrono::seconds kLastCountsPatience{4};

// The parts of the program, in the order in which they need each other.
class App {
 public:
  App(const config::Settings& settings, std::unique_ptr<Storage> storage,
      server::Listeners public_port, server::Listeners admin_port, std::size_t open_files);
  ~App();

  void Run();

 private:
  // On the public port. Any thread.
  std::uint64_t RequestsServed() const;
  void FlushCounts();
  void OnFirstChecks();
  void OnSignal(int signal);
  void OnDrained();
  service::PoolService::Hooks BackendHooks();

  const config::Settings& settings_;
  server::Listeners public_port_;
  server::Listeners admin_port_;
  server::Loop control_;  // health checks, signals, the admin listener: on the main thread
  std::unique_ptr<Storage> storage_;
  service::TokenManager tokens_;
  service::LimitsManager limits_manager_;
  api::LimitsHandler limits_;
  std::optional<SplitParts> split_;  // while enabled
  service::RequestCounter request_counter_;
  api::StatsHandler stats_;
  service::PoolService backends_;
  server::upstream::AddressBook addresses_;
  server::HealthChecker health_checker_;
  api::HealthHandler health_;

  server::ConnectionBudget budget_;
  server::ConnectionBudget admin_budget_{1024};
  server::Traffic admin_traffic_;
  server::ControlPlane control_plane_;
  server::metrics::Metrics metrics_;
  server::AdminRouter admin_router_;
  std::unique_ptr<server::Frontend> admin_frontend_;
  std::optional<server::FrontendDrain> admin_drain_;
  std::vector<std::unique_ptr<server::Worker>> workers_;

  server::Timer counts_timer_;
  std::vector<server::EventPtr> signal_events_;
  server::Timer drain_deadline_;
  bool draining_ = false;
  std::size_t draining_left_ = 0;  // front ends that have connections yet
};

App::App(const config::Settings& settings, std::unique_ptr<Storage> storage,
         server::Listeners public_port, server::Listeners admin_port, std::size_t open_files)
    : settings_(settings),
      public_port_(std::move(public_port)),
      admin_port_(std::move(admin_port)),
      storage_(std::move(storage)),
      tokens_(TokenOptions(settings), *storage_),
      limits_manager_(*storage_, tokens_),
      limits_(limits_manager_),
      split_(settings.redirect_split.enabled
                 ? std::make_optional<SplitParts>(settings.redirect_split, *storage_)
                 : std::nullopt),
      request_counter_(*storage_, tokens_, [this] { return RequestsServed(); }),
      stats_(request_counter_),
      backends_(settings.backends, MakeStrategy(settings.strategy), BackendHooks()),
      addresses_(settings.backends.size()),
      health_checker_(control_, backends_, addresses_, settings.check_period),
      health_(backends_, *storage_),
      budget_(MaxConnections(settings.server, open_files)),
      control_plane_(control_, settings.admin, limits_, split_ ? &split_->handler : nullptr,
                     &stats_),
      metrics_({.version = kVersion,
                .workers = workers_,
                .connections = budget_,
                .backends = backends_,
                .tokens = tokens_,
                .storage = *storage_}),
      admin_router_(control_plane_, health_, metrics_),
      counts_timer_(control_, [this] { FlushCounts(); }),
      drain_deadline_(control_, [this] {
        spdlog::warn("stopping with requests in flight: server.timeouts.drain is over");
        control_.Stop();
      }) {
  const server::Shared shared{.settings = settings_,
                              .backends = backends_,
                              .addresses = addresses_,
                              .tokens = tokens_,
                              .limits = limits_,
                              .settings_handler = split_ ? &split_->handler : nullptr,
                              .shares = split_ ? &split_->shares.in_force() : nullptr,
                              .budget = budget_};
  for (const int fd : public_port_.fds) {
    workers_.push_back(std::make_unique<server::Worker>(shared, fd));
  }
  if (!admin_port_.fds.empty()) {
    admin_frontend_ = server::MakeFrontend(control_, settings_.server, admin_router_, admin_budget_,
                                           admin_traffic_);
    admin_drain_.emplace(control_, *admin_frontend_);
  }
  for (const int signal : {SIGTERM, SIGINT}) {
    signal_events_.emplace_back(evsignal_new(
        control_.base(), signal,
        [](evutil_socket_t number, short, void* self) {
          static_cast<App*>(self)->OnSignal(static_cast<int>(number));
        },
        this));
    event_add(signal_events_.back().get(), nullptr);
  }
  // Last: if something above throws there is no destructor that ends storage's threads first.
  storage_->SetListener(&tokens_);
  if (split_) {
    storage_->SetSettingsListener(&split_->shares);
    split_->Load();
  }
}

App::~App() {
  // Storage's answers are posted to the loops: it ends after the workers' threads, before their
  // loops are gone.
  for (auto& worker : workers_) worker->Stop();
  if (!request_counter_.FlushAndWait(kLastCountsPatience)) {
    spdlog::warn("the last counts of requests are lost: storage does not answer");
  }
  storage_->Stop();
}

service::PoolService::Hooks App::BackendHooks() {
  return {
      .on_turn =
          [this](std::size_t backend, bool up, std::string_view reason) {
            const auto level = up ? spdlog::level::info : spdlog::level::warn;
            spdlog::log(level, "backend {} is {}: {}", settings_.backends[backend].url,
                        up ? "up" : "down", reason);
          },
      .on_connect_failure = [this](std::size_t backend) { health_checker_.CheckSoon(backend); }};
}

std::uint64_t App::RequestsServed() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->traffic().requests.value();
  return sum;
}

void App::FlushCounts() {
  request_counter_.Flush();
  counts_timer_.Start(kCountsPeriod);
}

void App::Run() {
  MaskStopSignals(SIG_UNBLOCK);
  FlushCounts();
  health_checker_.Start([this] { OnFirstChecks(); });
  control_.Run();
}

// Clients are accepted only now: the first of them finds the backends' health known.
void App::OnFirstChecks() {
  if (draining_) return;
  for (auto& worker : workers_) worker->Start();
  spdlog::info("listening on {}:{}, workers: {}", settings_.server.host, public_port_.port,
               workers_.size());
  if (admin_frontend_) {
    admin_frontend_->Listen(admin_port_.fds.front());
    spdlog::info("control plane on {}:{}", settings_.admin.host, admin_port_.port);
  }
}

void App::OnSignal(int signal) {
  if (draining_) std::_Exit(128 + signal);
  draining_ = true;
  spdlog::info("stopping: finishing the requests in flight");
  drain_deadline_.Start(settings_.server.timeouts.drain);
  draining_left_ = workers_.size() + (admin_drain_ ? 1 : 0);
  for (auto& worker : workers_) {
    worker->Start();  // one that has not begun to accept has nothing to finish, but must say so
    worker->Drain([this] { control_.Post([this] { OnDrained(); }); });
  }
  if (admin_drain_) admin_drain_->Start([this] { OnDrained(); });
}

void App::OnDrained() {
  if (--draining_left_ == 0) control_.Stop();
}

}  // namespace

int Run(const config::Settings& settings) {
  std::signal(SIGPIPE, SIG_IGN);
  MaskStopSignals(SIG_BLOCK);
  const std::size_t open_files = RaiseOpenFileLimit();

  auto public_port =
      server::OpenListeners(settings.server.host, settings.server.port,
                            WorkerCount(settings.server), settings.server.share_port);
  model::Result<server::Listeners> admin_port;
  if (public_port && settings.admin.port != 0) {
    admin_port = server::OpenListeners(settings.admin.host, settings.admin.port, 1, false);
  }
  for (const auto* opened : {&public_port, &admin_port}) {
    if (*opened) continue;
    spdlog::error("{}", opened->error().detail);
    return 1;
  }
  try {
    auto storage = OpenStorage(settings);
    if (!storage) {
      spdlog::error("{}", storage.error().detail);
      return 1;
    }
    App(settings, std::move(*storage), std::move(*public_port), std::move(*admin_port), open_files)
        .Run();
  } catch (const std::system_error& error) {  // no descriptor or no thread to be had
    spdlog::error("cannot go on: {}", error.what());
    return 1;
  }
  spdlog::info("stopped");
  return 0;
}

}  // namespace balancer
