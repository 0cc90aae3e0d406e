#include "internal/server/accept_gate.hpp"

#include <event2/listener.h>

namespace balancer::server {
namespace {

// How soon accepting is tried again.
constexpr milliseconds kPause{50};

}  // namespace

AcceptGate::AcceptGate(Loop& loop, ConnectionBudget& budget, Traffic& traffic)
    : budget_(budget), traffic_(traffic), resume_timer_(loop, [this] { MaybeResume(); }) {}

void AcceptGate::Watch(evconnlistener* listener) {
  listener_ = listener;
}

void AcceptGate::Shut() {
  listener_ = nullptr;
  resume_timer_.Stop();
}

void AcceptGate::CountIn() {
  traffic_.connections.Add();
  if (++budget_.open >= budget_.max) Pause();
}

void AcceptGate::CountOut() {
  --budget_.open;
  MaybeResume();
}

void AcceptGate::Pause() {
  if (!listener_ || paused_) return;
  paused_ = true;
  evconnlistener_disable(listener_);
  resume_timer_.Start(kPause);
}

void AcceptGate::MaybeResume() {
  if (!listener_ || !paused_) return;
  // Another worker may have made room: it is looked for again while there is none.
  if (budget_.open >= budget_.max) return resume_timer_.Start(kPause);
  paused_ = false;
  evconnlistener_enable(listener_);
}

}  // namespace balancer::server
