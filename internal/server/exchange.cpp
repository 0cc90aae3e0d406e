#include "internal/server/exchange.hpp"

#include <charconv>

#include "internal/http/chunked.hpp"
#include "internal/http/problem.hpp"
#include "internal/http/serialize.hpp"
#include "internal/server/write_body.hpp"

namespace balancer::server {

using http::Framing;

namespace {

// Small pieces of a body are gathered up to so many bytes.
constexpr std::size_t kGatheredBytes = 16 * 1024;

}  // namespace

void Exchange::Reset() {
  handler_ = nullptr;
  out_.Clear();
  keep_alive_ = true;
  request_id_ = {};
  status_ = RequestCounts::kNoStatus;
  head_written_ = false;
  body_mode_ = BodyMode::none;
  ends_with_connection_ = false;
}

void Exchange::TakeRequestId() {
  for (const http::Field& field : head_.fields) {
    if (field.id == http::FieldId::x_request_id && request_id_.empty()) request_id_ = field.value;
  }
  if (request_id_.empty()) {
    made_id_ = clock_.ids().Next();
    request_id_ = {made_id_.data(), made_id_.size()};
  }
}

void Exchange::SendInterim(const http::ResponseHead& head) {
  if (head_.minor_version == 0) return;  // RFC 9110 §15.2
  http::AppendResponseHead(out_, head, {});
  Flush();
}

void Exchange::SendHead(const http::ResponseHead& head) {
  const bool bodiless = head_.method == "HEAD" || head.status == 204 || head.status == 304;
  http::ResponseDelivery delivery;
  delivery.keep_alive = head_.keep_alive && CanKeepAlive();
  if (bodiless) {
    body_mode_ = BodyMode::none;
  } else if (head.framing.kind == Framing::Kind::none) {
    delivery.framing = {Framing::Kind::length, 0};
    body_mode_ = BodyMode::none;
  } else if (head.framing.kind == Framing::Kind::length) {
    delivery.framing = head.framing;
    body_mode_ = BodyMode::plain;
  } else if (head_.minor_version >= 1) {
    delivery.framing.kind = Framing::Kind::chunked;
    body_mode_ = BodyMode::chunked;
  } else {
    // An HTTP/1.0 client knows the end of such a body by the end of the connection.
    delivery.framing.kind = Framing::Kind::until_close;
    delivery.keep_alive = false;
    body_mode_ = BodyMode::plain;
  }
  ends_with_connection_ = delivery.framing.kind == Framing::Kind::until_close;
  delivery.tell_keep_alive = delivery.keep_alive && head_.minor_version == 0;
  delivery.request_id = request_id_;
  delivery.date = clock_.Date();
  keep_alive_ = delivery.keep_alive;
  status_ = head.status;
  http::AppendResponseHead(out_, head, delivery);
}

void Exchange::SwitchProtocols(const http::ResponseHead& head) {
  keep_alive_ = false;
  status_ = head.status;
  body_mode_ = BodyMode::plain;
  ends_with_connection_ = true;
  http::ResponseDelivery delivery;
  delivery.switch_protocols = true;
  delivery.request_id = request_id_;
  delivery.date = clock_.Date();
  http::AppendResponseHead(out_, head, delivery);
  ReadTunnel();
}

void Exchange::SendBody(std::string_view piece) {
  if (body_mode_ == BodyMode::none || piece.empty()) return;
  WriteBody(out_, piece, body_mode_ == BodyMode::chunked,
            [this](std::string_view large) { Write(large); });
  if (out_.size() >= kGatheredBytes) Flush();
}

void Exchange::Flush() {
  if (!out_.empty()) Write({});
}

void Exchange::Write(std::string_view more) {
  head_written_ = status_ != RequestCounts::kNoStatus;  // else it is an interim response
  WriteOut(more);
}

void Exchange::Finish() {
  if (body_mode_ == BodyMode::chunked) out_.Append(http::kLastChunk);
  handler_ = nullptr;
  if (!keep_alive_) ExpectEnd();
  Flush();
  ResponseComplete();
}

void Exchange::Abort() {
  handler_ = nullptr;
  if (response_begun()) traffic_.cut.Add();
  Cut(ends_with_connection_);
}

void Exchange::Reply(http::ResponseHead& head, std::string_view body) {
  head.framing = {Framing::Kind::length, body.size()};
  SendHead(head);
  SendBody(body);
  Finish();
}

void Exchange::Fail(const model::Error& error, std::int64_t retry_after) {
  if (response_begun()) return Abort();
  out_.Clear();
  const http::Problem problem = http::ToProblem(error);
  http::ResponseHead head;
  head.status = problem.status;
  head.reason = http::ReasonPhrase(problem.status);
  head.fields.push_back({"Content-Type", http::Problem::kContentType, http::FieldId::content_type});
  char seconds[20];
  if (error.code == model::ErrorCode::method_not_allowed) {
    head.fields.push_back({"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE"});
  }
  if (retry_after > 0) {
    const auto end = std::to_chars(seconds, seconds + sizeof seconds, retry_after).ptr;
    head.fields.push_back({"Retry-After", {seconds, static_cast<std::size_t>(end - seconds)}});
  }
  Reply(head, problem.body);
}

}  // namespace balancer::server
