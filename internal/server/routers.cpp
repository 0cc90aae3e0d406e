#include "internal/server/routers.hpp"

#include "internal/server/metrics/metrics.hpp"

namespace balancer::server {

using model::ErrorCode;
using service::Admission;

void PublicRouter::OnRequest(Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (head.method == "CONNECT") {
    return exchange.Fail({ErrorCode::method_not_allowed, "CONNECT is not served here"});
  }
  if (head.framing.has_body() && (head.method == "HEAD" || head.method == "TRACE")) {
    // RFC 9110 §9.3.2, §9.3.8. Backends differ in whether they read it.
    return exchange.Fail({ErrorCode::malformed_request, "this method has no body"});
  }
  if (control_plane_.Serves(head)) return control_plane_.OnRequest(exchange);
  if (!rate_limited_) return Serve(exchange);
  Admit(exchange);
}

void PublicRouter::Admit(Exchange& exchange) {
  const auto client_id = identity_.Find(exchange.head(), exchange.peer(), scratch_);
  if (!client_id) return exchange.Fail(client_id.error());
  const Admission admission = tokens_.Admit(*client_id, loop_.Now());
  if (admission.verdict == Admission::Verdict::pending) return Park(exchange, *client_id);
  Decide(exchange, admission);
}

void PublicRouter::Park(Exchange& exchange, std::string_view client_id) {
  const std::uint64_t number = parking_.Park(exchange);
  tokens_.Await(client_id, [this, number](Admission answer) {
    loop_.Post([this, number, answer] {
      if (Exchange* waiting = parking_.Take(number)) Decide(*waiting, answer);
    });
  });
}

void PublicRouter::Decide(Exchange& exchange, const Admission& admission) {
  switch (admission.verdict) {
    case Admission::Verdict::allowed:
      return Serve(exchange);
    case Admission::Verdict::refused:
      traffic_.limited.Add();
      return exchange.Fail({ErrorCode::rate_limited, "this client's rate limit is exceeded"},
                           admission.retry_after.count());
    case Admission::Verdict::unavailable:
    case Admission::Verdict::pending:  // never told by Await()
      return exchange.Fail(
          {ErrorCode::storage_unavailable, "this client's limits cannot be looked up now"}, 1);
  }
}

void PublicRouter::Serve(Exchange& exchange) {
  if (redirector_ != nullptr && redirector_->Answer(exchange)) return;
  forwarder_.Start(exchange);
}

void AdminRouter::OnRequest(Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (control_plane_.Serves(head)) return control_plane_.OnRequest(exchange);
  const api::ApiRequest request{
      .method = head.method, .path = head.path(), .query = head.query(), .body = {}};
  if (metrics::Metrics::Serves(request.path)) {
    return SendApiResponse(exchange, metrics_.Handle(request));
  }
  SendApiResponse(exchange, health_.Handle(request));
}

}  // namespace balancer::server
