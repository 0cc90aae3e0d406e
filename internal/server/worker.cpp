#include "internal/server/worker.hpp"

#include <csignal>
#include <utility>

#include "internal/server/evhttp_frontend.hpp"

namespace balancer::server {
namespace {

// How often a draining worker looks whether it is done.
constexpr milliseconds kDrainLook{10};

}  // namespace

std::unique_ptr<Frontend> MakeFrontend(Loop& loop, const config::ServerSettings& settings,
                                       Router& router, ConnectionBudget& budget) {
  // The only front end so far; the configuration refuses any other.
  return std::make_unique<EvhttpFrontend>(loop, settings, router, budget);
}

Worker::Worker(const Shared& shared, int listening_fd)
    : control_plane_(loop_, shared.settings.admin, shared.limits),
      forwarder_(loop_, shared.settings, shared.backends, shared.addresses),
      router_(loop_, shared.settings.rate_limit, control_plane_, shared.tokens, forwarder_),
      frontend_(MakeFrontend(loop_, shared.settings.server, router_, shared.budget)),
      drain_timer_(loop_, [this] { CheckDrained(); }) {
  frontend_->Listen(listening_fd);
}

Worker::~Worker() {
  Stop();
}

void Worker::Start() {
  if (thread_.joinable()) return;
  thread_ = std::thread([this] {
    sigset_t all;  // signals are the main thread's
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    loop_.Run();
  });
}

void Worker::Stop() {
  loop_.Stop();
  if (thread_.joinable()) thread_.join();
}

void Worker::Drain(std::function<void()> on_done) {
  loop_.Post([this, on_done = std::move(on_done)] {
    on_drained_ = on_done;
    frontend_->Drain();
    CheckDrained();
  });
}

void Worker::CheckDrained() {
  if (frontend_->connection_count() > 0) return drain_timer_.Start(kDrainLook);
  on_drained_();
}

}  // namespace balancer::server
