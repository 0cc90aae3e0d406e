#include "internal/server/frontend.hpp"

#include <utility>

#include "internal/server/evhttp_frontend.hpp"
#include "internal/server/native_frontend.hpp"

namespace balancer::server {
namespace {

// How often a draining front end is looked at.
constexpr milliseconds kLook{10};

}  // namespace

std::unique_ptr<Frontend> MakeFrontend(Loop& loop, const config::ServerSettings& settings,
                                       Router& router, ConnectionBudget& budget, Traffic& traffic) {
  if (settings.frontend == config::FrontendKind::native) {
    return std::make_unique<NativeFrontend>(loop, settings, router, budget, traffic);
  }
  return std::make_unique<EvhttpFrontend>(loop, settings, router, budget, traffic);
}

void FrontendDrain::Start(std::function<void()> on_done) {
  on_done_ = std::move(on_done);
  frontend_.Drain();
  Look();
}

void FrontendDrain::Look() {
  if (frontend_.connection_count() > 0) return look_.Start(kLook);
  on_done_();
}

}  // namespace balancer::server
