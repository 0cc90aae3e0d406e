#pragma once

#include "internal/api/handler/api_message.hpp"
#include "internal/service/request-counter/request_counter.hpp"

namespace balancer::api {

// GET /stats/requests: {"count":7,"since":"2026-11-21T08:00:00.000Z"}, and GET
// /stats/clients?client_id=x: {"client_id":"x","allowed":6,"refused":1}; 404 for a client that
// never came. Who may call is decided before it.
//
// Thread safety: all calls, on any thread. Lifetime: `counter` must outlive it.
class StatsHandler {
 public:
  explicit StatsHandler(service::RequestCounter& counter) : counter_(counter) {}

  // Paths other than these two are 404. A body is not looked at.
  void Handle(const ApiRequest& request, ApiDone done);

 private:
  void AnswerClient(const ApiRequest& request, ApiDone done);

  service::RequestCounter& counter_;
};

}  // namespace balancer::api
