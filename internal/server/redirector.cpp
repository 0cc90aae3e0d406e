#include "internal/server/redirector.hpp"

#include <utility>

namespace balancer::server {

Redirector::Redirector(service::RedirectSplit split) : split_(std::move(split)) {
  head_.status = 301;
  head_.reason = http::ReasonPhrase(head_.status);
  // A 301 may be kept for ever (RFC 9110 §15.4.2): its client would not be counted again.
  head_.fields = {{"Location", {}}, {"Cache-Control", "no-store"}};
}

bool Redirector::Answer(Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  // "http://host?video=…" is cut to "?video=…".
  std::string_view query = head.target;
  if (query.starts_with('/')) query.remove_prefix(1);
  if (!query.starts_with('?') || (head.method != "GET" && head.method != "HEAD")) return false;
  query.remove_prefix(1);
  const auto location = split_.Locate(query);
  if (!location) {
    exchange.Fail(location.error());
    return true;
  }
  if (!*location) return false;
  head_.fields.front().value = **location;
  exchange.Reply(head_, {});
  return true;
}

}  // namespace balancer::server
