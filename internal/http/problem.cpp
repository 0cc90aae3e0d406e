#include "internal/http/problem.hpp"

#include "internal/http/message.hpp"

namespace balancer::http {
namespace {

using model::ErrorCode;

// What an error says that was given no detail.
std::string_view DetailOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed_request:
      return "the request is not valid HTTP/1.1";
    case ErrorCode::uri_too_long:
      return "the request target is too long";
    case ErrorCode::head_too_large:
      return "the request head is too large";
    case ErrorCode::body_too_large:
      return "the request body is too large";
    case ErrorCode::unknown_coding:
      return "the Transfer-Encoding is not known here";
    case ErrorCode::unknown_version:
      return "the HTTP version is not known here";
    case ErrorCode::expectation_failed:
      return "the expectation cannot be met";
    case ErrorCode::request_timeout:
      return "the request did not arrive in time";
    case ErrorCode::rate_limited:
      return "too many requests from this client";
    case ErrorCode::invalid_argument:
      return "an argument is not valid";
    case ErrorCode::unauthorized:
      return "a valid token is needed";
    case ErrorCode::forbidden:
      return "this client may not do that";
    case ErrorCode::not_found:
      return "there is no such thing";
    case ErrorCode::method_not_allowed:
      return "the method is not allowed here";
    case ErrorCode::already_exists:
      return "it exists already";
    case ErrorCode::no_backend:
      return "no backend is available";
    case ErrorCode::backend_unreachable:
      return "the backend cannot be reached";
    case ErrorCode::backend_bad_response:
      return "the backend's response is not valid HTTP/1.1";
    case ErrorCode::backend_timeout:
      return "the backend did not answer in time";
    case ErrorCode::storage_unavailable:
      return "the storage is not available";
    case ErrorCode::storage_failed:
      return "the storage failed";
    case ErrorCode::config_invalid:
      return "the configuration is not valid";
    case ErrorCode::internal:
      break;
  }
  return "an internal error";
}

void AppendJsonString(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += byte > 0x7F ? '?' : c;
    }
  }
  out += '"';
}

}  // namespace

Problem ToProblem(const model::Error& error) {
  Problem problem;
  problem.status = StatusOf(error.code);
  problem.body = R"({"type":"about:blank","title":)";
  AppendJsonString(problem.body, ReasonPhrase(problem.status));
  problem.body += R"(,"status":)" + std::to_string(problem.status) + R"(,"detail":)";
  AppendJsonString(problem.body, error.detail.empty() ? DetailOf(error.code) : error.detail);
  problem.body += '}';
  return problem;
}

int StatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::malformed_request:
    case ErrorCode::invalid_argument:
      return 400;
    case ErrorCode::unauthorized:
      return 401;
    case ErrorCode::forbidden:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::method_not_allowed:
      return 405;
    case ErrorCode::request_timeout:
      return 408;
    case ErrorCode::already_exists:
      return 409;
    case ErrorCode::body_too_large:
      return 413;
    case ErrorCode::uri_too_long:
      return 414;
    case ErrorCode::expectation_failed:
      return 417;
    case ErrorCode::rate_limited:
      return 429;
    case ErrorCode::head_too_large:
      return 431;
    case ErrorCode::unknown_coding:
      return 501;
    case ErrorCode::backend_unreachable:
    case ErrorCode::backend_bad_response:
      return 502;
    case ErrorCode::no_backend:
    case ErrorCode::storage_unavailable:
      return 503;
    case ErrorCode::backend_timeout:
      return 504;
    case ErrorCode::unknown_version:
      return 505;
    case ErrorCode::storage_failed:
    case ErrorCode::config_invalid:
    case ErrorCode::internal:
      break;
  }
  return 500;
}

}  // namespace balancer::http
