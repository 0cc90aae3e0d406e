#include "internal/server/native_frontend.hpp"

#include <utility>

#include <event2/event.h>
#include <event2/listener.h>

namespace balancer::server {
namespace {

// How long a refused client may go on sending before its connection is closed under it.
constexpr milliseconds kLinger{2'000};
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
    : loop_(loop),
      head_limits_{.head_bytes = settings.header_bytes,
                   .field_count = settings.header_count,
                   .target_bytes = settings.uri_bytes},
      body_limit_(settings.body_bytes == 0 ? http::BodyReader::kNoLimit : settings.body_bytes),
      router_(router),
      traffic_(traffic),
      gate_(loop, budget, traffic),
      idle_deadlines_(loop, settings.timeouts.idle),
      header_deadlines_(loop, settings.timeouts.header),
      body_deadlines_(loop, settings.timeouts.body),
      presence_deadlines_(loop, kPresence),
      silence_deadlines_(loop, kSilence),
      linger_deadlines_(loop, kLinger),
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
      loop_.base(),
      [](evconnlistener*, evutil_socket_t accepted, sockaddr* address, int, void* self) {
        static_cast<NativeFrontend*>(self)->OnAccepted(accepted, address);
      },
      this, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd));
  evconnlistener_set_error_cb(listener_.get(), [](evconnlistener*, void* self) {
    static_cast<NativeFrontend*>(self)->gate_.Pause();
  });
  gate_.Watch(listener_.get());
}

void NativeFrontend::OnAccepted(int fd, const sockaddr* address) {
  connections_.push_back(std::make_unique<NativeConnection>(*this, fd, PeerOf(address)));
  connections_.back()->index = connections_.size() - 1;
  gate_.CountIn();
}

void NativeFrontend::StopListening() {
  gate_.Shut();
  listener_.reset();
}

void NativeFrontend::Drain() {
  draining_ = true;
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
  gate_.CountOut();
}

}  // namespace balancer::server
