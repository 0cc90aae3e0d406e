#include "internal/server/evhttp_frontend.hpp"

#include <mutex>
#include <utility>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>

#include "internal/server/evhttp_connection.hpp"

namespace balancer::server {
namespace {

// evhttp keeps the one argument that a listener's callbacks get for itself. The error callback
// finds its front end here; it runs only when accepting fails.
class ListenerOwners {
 public:
  void Add(evconnlistener* listener, EvhttpFrontend* owner) {
    std::lock_guard lock(mu_);
    owners_[listener] = owner;
  }
  void Remove(evconnlistener* listener) {
    std::lock_guard lock(mu_);
    owners_.erase(listener);
  }
  EvhttpFrontend* Find(evconnlistener* listener) {
    std::lock_guard lock(mu_);
    return owners_.at(listener);
  }

 private:
  std::mutex mu_;
  std::unordered_map<evconnlistener*, EvhttpFrontend*> owners_;  // guarded by mu_
};

ListenerOwners& Owners() {
  static ListenerOwners owners;
  return owners;
}

}  // namespace

void EvhttpFrontend::EvhttpDeleter::operator()(evhttp* e) const {
  evhttp_free(e);
}

EvhttpFrontend::EvhttpFrontend(Loop& loop, const config::ServerSettings& settings, Router& router,
                               ConnectionBudget& budget, Traffic& traffic)
    : side_(loop, settings, router, budget, traffic), evhttp_(evhttp_new(loop.base())) {
  adopt_event_.reset(event_new(
      loop.base(), -1, 0,
      [](evutil_socket_t, short, void* self) {
        static_cast<EvhttpFrontend*>(self)->AdoptAccepted();
      },
      this));
  evhttp_set_bevcb(
      evhttp_.get(),
      [](event_base*, void* self) { return static_cast<EvhttpFrontend*>(self)->OnAccepted(); },
      this);
  evhttp_set_gencb(
      evhttp_.get(),
      [](evhttp_request* request, void* self) {
        static_cast<EvhttpFrontend*>(self)->OnRequest(request);
      },
      this);
}

EvhttpFrontend::~EvhttpFrontend() {
  AdoptAccepted();
  // Through evhttp: it owns the sockets, and tells us of each connection's end.
  while (!connections_.empty()) connections_.begin()->second->Close();
  StopListening();
}

void EvhttpFrontend::Listen(int fd) {
  listener_ = evconnlistener_new(side_.loop.base(), nullptr, nullptr,
                                 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
  bound_ = evhttp_bind_listener(evhttp_.get(), listener_);
  Owners().Add(listener_, this);
  evconnlistener_set_error_cb(listener_, [](evconnlistener* listener, void*) {
    Owners().Find(listener)->side_.gate.Pause();
  });
  side_.gate.Watch(listener_);
}

void EvhttpFrontend::Drain() {
  side_.draining = true;
  StopListening();
  std::vector<EvhttpConnection*> all;
  for (const auto& [key, connection] : connections_) all.push_back(connection.get());
  for (EvhttpConnection* connection : all) connection->CloseIfIdle();  // takes it out of the map
}

void EvhttpFrontend::StopListening() {
  side_.gate.Shut();
  if (!listener_) return;
  Owners().Remove(std::exchange(listener_, nullptr));
  evhttp_del_accept_socket(evhttp_.get(), bound_);  // closes the socket
}

bufferevent* EvhttpFrontend::OnAccepted() {
  bufferevent* bev = bufferevent_socket_new(side_.loop.base(), -1, 0);
  if (!bev) return nullptr;
  side_.gate.CountIn();
  // evhttp tells us of its connection only with the first request: we ask the bufferevent for it
  // once evhttp has set it up, later in this turn.
  bufferevent_incref(bev);
  accepted_.push_back(bev);
  event_active(adopt_event_.get(), 0, 0);
  return bev;
}

void EvhttpFrontend::AdoptAccepted() {
  for (bufferevent* bev : accepted_) {
    EvhttpCallbacks& callbacks = evhttp_callbacks_;
    void* connection = nullptr;
    bufferevent_getcb(bev, &callbacks.read, &callbacks.write, &callbacks.event, &connection);
    if (connection) {
      auto* key = static_cast<evhttp_connection*>(connection);
      connections_.emplace(key, std::make_unique<EvhttpConnection>(*this, key, bev));
    } else {
      side_.gate.CountOut();  // evhttp could not take it
    }
    bufferevent_decref(bev);
  }
  accepted_.clear();
}

void EvhttpFrontend::OnRequest(evhttp_request* request) {
  connections_.at(evhttp_request_get_connection(request))->Serve(request);
}

void EvhttpFrontend::OnConnectionClosed(evhttp_connection* connection) {
  connections_.erase(connection);
  side_.gate.CountOut();
}

}  // namespace balancer::server
