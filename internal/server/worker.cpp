#include "internal/server/worker.hpp"

#include <csignal>
#include <utility>

namespace balancer::server {
namespace {

std::optional<Redirector> MakeRedirector(const Shared& shared) {
  if (shared.shares == nullptr) return std::nullopt;
  const config::RedirectSplitSettings& split = shared.settings.redirect_split;
  return Redirector({split.parameter, split.origin_hosts, *shared.shares});
}

}  // namespace

Worker::Worker(const Shared& shared, int listening_fd)
    : control_plane_(loop_, shared.settings.admin, shared.limits, shared.settings_handler),
      forwarder_(loop_, shared.settings, shared.backends, shared.addresses),
      redirector_(MakeRedirector(shared)),
      router_(loop_, shared.settings.rate_limit, control_plane_, shared.tokens,
              redirector_ ? &*redirector_ : nullptr, forwarder_, traffic_),
      frontend_(MakeFrontend(loop_, shared.settings.server, router_, shared.budget, traffic_)),
      drain_(loop_, *frontend_) {
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
  loop_.Post([this, on_done = std::move(on_done)] { drain_.Start(on_done); });
}

}  // namespace balancer::server
