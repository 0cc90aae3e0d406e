#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace balancer::http {

// The methods of RFC 9110 §9 and PATCH (RFC 5789); whatever else a client may send is `other`.
enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  delete_,
  options,
  patch,
  trace,
  connect,
  other,
};

// By Method.
inline constexpr std::array<std::string_view, 10> kMethodNames{
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "other"};

// Methods are case-sensitive (RFC 9110 §9.1): "get" is `other`.
constexpr Method ToMethod(std::string_view method) {
  if (method == "GET") return Method::get;
  if (method == "HEAD") return Method::head;
  if (method == "POST") return Method::post;
  if (method == "PUT") return Method::put;
  if (method == "DELETE") return Method::delete_;
  if (method == "OPTIONS") return Method::options;
  if (method == "PATCH") return Method::patch;
  if (method == "TRACE") return Method::trace;
  if (method == "CONNECT") return Method::connect;
  return Method::other;
}

}  // namespace balancer::http
