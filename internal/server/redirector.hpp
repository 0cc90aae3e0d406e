#pragma once

#include "internal/http/message.hpp"
#include "internal/server/exchange.hpp"
#include "internal/service/redirect-split/redirect_split.hpp"

namespace balancer::server {

// Answers the requests of the redirect split. Loop thread only; what it is made from must outlive
// it.
class Redirector {
 public:
  explicit Redirector(service::RedirectSplit split);

  // Answers a GET or HEAD of "/" that is for a video: 301 (RFC 9110 §15.4.2), or 400. False: it is
  // another request, and nothing has been done.
  bool Answer(Exchange& exchange);

 private:
  service::RedirectSplit split_;
  http::ResponseHead head_;  // of the 301s, but for the Location
};

}  // namespace balancer::server
