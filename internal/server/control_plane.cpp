#include "internal/server/control_plane.hpp"

#include <utility>

namespace balancer::server {

using model::ErrorCode;

void SendApiResponse(Exchange& exchange, const api::ApiResponse& response) {
  http::ResponseHead head;
  head.status = response.status;
  head.reason = http::ReasonPhrase(response.status);
  const std::string retry_after = std::to_string(response.retry_after);
  if (!response.content_type.empty())
    head.fields.push_back({"Content-Type", response.content_type});
  if (!response.allow.empty()) head.fields.push_back({"Allow", response.allow});
  if (response.retry_after > 0) head.fields.push_back({"Retry-After", retry_after});
  if (response.status == 401) head.fields.push_back({"WWW-Authenticate", "Bearer"});
  exchange.Reply(head, response.body);
}

// A request in progress: its body while that arrives, and its place while the answer is awaited.
class ControlPlane::Call final : public RequestHandler {
 public:
  Call(ControlPlane& plane, std::uint64_t number, Exchange& exchange)
      : plane_(plane), number_(number), exchange_(exchange) {}

  void OnBody(std::string_view piece) override {
    if (body_.size() + piece.size() <= kBodyBytes) {
      body_.append(piece);
      return;
    }
    Exchange& exchange = exchange_;
    plane_.calls_.erase(number_);  // this
    exchange.Fail({ErrorCode::body_too_large, "the request body is too large"});
  }
  void OnRequestEnd() override { plane_.Dispatch(*this); }
  void OnClientGone() override { plane_.calls_.erase(number_); }
  void OnDrained() override {}

  std::uint64_t number() const { return number_; }
  Exchange& exchange() const { return exchange_; }
  const std::string& body() const { return body_; }

 private:
  ControlPlane& plane_;
  const std::uint64_t number_;
  Exchange& exchange_;
  std::string body_;
};

ControlPlane::ControlPlane(Loop& loop, const config::AdminSettings& settings,
                           api::LimitsHandler& limits, api::SettingsHandler* settings_handler,
                           api::StatsHandler* stats)
    : loop_(loop), access_(settings), limits_(limits), settings_(settings_handler), stats_(stats) {}

ControlPlane::~ControlPlane() = default;

void ControlPlane::OnRequest(Exchange& exchange) {
  if (const auto allowed = access_.Check(exchange.head(), exchange.peer()); !allowed) {
    return SendApiResponse(exchange, api::ErrorResponse(allowed.error()));
  }
  const std::uint64_t number = next_++;
  auto& call = calls_[number] = std::make_unique<Call>(*this, number, exchange);
  exchange.Accept(*call);
  if (!exchange.head().framing.has_body()) Dispatch(*call);
}

void ControlPlane::Dispatch(Call& call) {
  const http::RequestHead& head = call.exchange().head();
  const api::ApiRequest request{
      .method = head.method, .path = head.path(), .query = head.query(), .body = call.body()};
  const auto done = [this, number = call.number()](api::ApiResponse response) {
    // From a storage thread, or from within the call: the loop answers either way.
    loop_.Post([this, number, response = std::move(response)] { OnAnswer(number, response); });
  };
  if (IsOfSettings(head)) {
    settings_->Handle(request, done);
  } else if (IsOfStats(head)) {
    stats_->Handle(request, done);
  } else {
    limits_.Handle(request, done);
  }
}

void ControlPlane::OnAnswer(std::uint64_t number, const api::ApiResponse& response) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return;  // the client has left
  Exchange& exchange = found->second->exchange();
  calls_.erase(found);
  SendApiResponse(exchange, response);
}

}  // namespace balancer::server
