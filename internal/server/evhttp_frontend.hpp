#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "internal/server/client_side.hpp"
#include "internal/server/frontend.hpp"
#include "internal/server/loop.hpp"

struct bufferevent;
struct evconnlistener;
struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;

namespace balancer::server {

class EvhttpConnection;

// The evhttp front end of one worker: accepts clients and gives their requests to a Router.
//
// evhttp (2.1.12) keeps the connections and the succession of requests on each. It does not see the
// bytes that a client sends: each head is read by our own strict parser first, and evhttp is given
// an empty GET in its place (docs/decisions says why). Loop thread only.
class EvhttpFrontend final : public Frontend {
 public:
  // The references must outlive it.
  EvhttpFrontend(Loop& loop, const config::ServerSettings& settings, Router& router,
                 ConnectionBudget& budget, Traffic& traffic);
  ~EvhttpFrontend() override;

  void Listen(int fd) override;
  void Drain() override;
  std::size_t connection_count() const override { return connections_.size(); }

 private:
  friend class EvhttpConnection;

  // What evhttp has set on a bufferevent of its own, to be put back.
  struct EvhttpCallbacks {
    void (*read)(bufferevent*, void*) = nullptr;
    void (*write)(bufferevent*, void*) = nullptr;
    void (*event)(bufferevent*, short, void*) = nullptr;
  };

  void StopListening();
  bufferevent* OnAccepted();
  void AdoptAccepted();
  void OnRequest(evhttp_request* request);
  void OnConnectionClosed(evhttp_connection* connection);

  ClientSide side_;

  struct EvhttpDeleter {
    void operator()(evhttp* e) const;
  };
  EvhttpCallbacks evhttp_callbacks_;
  std::vector<bufferevent*> accepted_;  // in this turn, not known by their evhttp_connection yet
  EventPtr adopt_event_;
  evconnlistener* listener_ = nullptr;    // evhttp's, while it listens
  evhttp_bound_socket* bound_ = nullptr;  // the same to evhttp
  std::unordered_map<evhttp_connection*, std::unique_ptr<EvhttpConnection>> connections_;
  std::unique_ptr<evhttp, EvhttpDeleter> evhttp_;
};

}  // namespace balancer::server
