#pragma once

#include <string>
#include <string_view>

#include "internal/model/error.hpp"

namespace balancer::http {

// An error as HTTP shows it: problem+json (RFC 9457).
struct Problem {
  int status = 500;
  std::string body;  // one line of JSON: type, title, status, detail

  static constexpr std::string_view kContentType = "application/problem+json";
};

// The one place where an error gets its status. `type` is "about:blank", `title` the status's
// phrase, `detail` the error's, or a sentence of its own for an error without one. Bytes of a
// detail that are not ASCII show as '?': they may be a client's, and no UTF-8.
Problem ToProblem(const model::Error& error);

// The status alone.
int StatusOf(model::ErrorCode code);

}  // namespace balancer::http
