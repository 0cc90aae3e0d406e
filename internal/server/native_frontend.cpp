#include "internal/server/native_frontend.hpp"

#include <utility>

#include <event2/event.h>
#include <event2/listener.h>

namespace balancer::server {
namespace {

// How long the first response of a connection may take before the loop watches its client. One that
// asks for no more then has come and gone without an epoll_ctl.
constexpr milliseconds kUnwatched{5};
// How long a response may take before it is looked whether its client is still there.
constexpr milliseconds kPresence{250};
// How long the response to a client that has sent its end may be silent once it has begun.
constexpr milliseconds kSilence{1'000};

}  // namespace

void NativeFrontend::ListenerDeleter::operator()(evconnlistener* listener) const {
  evconnlistener_free(listener);
}

NativeFrontend::NativeFrontend(Loop& loop, const config::ServerSettings& settings, Router& router,
                               ConnectionBudget& budget, Traffic& traffic)
    : side_(loop, settings, router, budget, traffic),
      watch_deadlines_(loop, kUnwatched),
      presence_deadlines_(loop, kPresence),
      silence_deadlines_(loop, kSilence),
      shared_(loop),
      destroy_closed_(event_new(
          loop.base(), -1, 0,
          [](evutil_socket_t, short, void* self) {
            static_cast<NativeFrontend*>(self)->closed_.clear();
          },
          this)) {}

NativeFrontend::~NativeFrontend() {
  StopListening();
  while (!connections_.empty()) connections_.back()->Close();
}

void NativeFrontend::Listen(int fd) {
  listener_.reset(evconnlistener_new(
      side_.loop.base(),
      [](evconnlistener*, evutil_socket_t accepted, sockaddr* address, int, void* self) {
        static_cast<NativeFrontend*>(self)->OnAccepted(accepted, address);
      },
      this, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd));
  evconnlistener_set_error_cb(listener_.get(), [](evconnlistener*, void* self) {
    static_cast<NativeFrontend*>(self)->side_.gate.Pause();
  });
  side_.gate.Watch(listener_.get());
}

void NativeFrontend::OnAccepted(int fd, const sockaddr* address) {
  connections_.push_back(std::make_unique<NativeConnection>(*this, fd, PeerOf(address)));
  connections_.back()->index = connections_.size() - 1;
  side_.gate.CountIn();
}

void NativeFrontend::StopListening() {
  side_.gate.Shut();
  listener_.reset();
}

void NativeFrontend::Drain() {
  side_.draining = true;
  StopListening();
  // From the back: closing one moves the last into its place.
  for (std::size_t i = connections_.size(); i-- > 0;) connections_[i]->CloseIfIdle();
}

void NativeFrontend::Bury(NativeConnection& connection) {
  std::unique_ptr<NativeConnection>& place = connections_[connection.index];
  connections_.back()->index = connection.index;
  std::swap(place, connections_.back());
  closed_.push_back(std::move(connections_.back()));
  connections_.pop_back();
  event_active(destroy_closed_.get(), 0, 0);
  side_.gate.CountOut();
}

}  // namespace balancer::server
