#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "internal/http/field_id_set.hpp"
#include "internal/http/message.hpp"
#include "internal/model/error.hpp"

// How the fields of a head frame its body (RFC 9112 §6). Internal to this folder.
namespace balancer::http {

// 1*DIGIT within 63 bits, and nothing else.
std::optional<std::uint64_t> ParseLength(std::string_view text);

// A fault of a head; `why` is a sentence of ours, in static memory.
struct Fault {
  model::ErrorCode code = model::ErrorCode::malformed_request;
  std::string_view why;
};

enum class RepeatedLength { refused, taken_if_equal };

// What Content-Length and Transfer-Encoding say: kind length, chunked, or none where there is
// neither. `framing` is set on success only.
// Faults: unknown_coding for a well-formed coding other than chunked, malformed_request otherwise.
std::optional<Fault> ReadFraming(const Fields& fields, FieldIdSet present, FieldIdSet repeated,
                                 int minor_version, RepeatedLength repeated_length,
                                 Framing& framing);

}  // namespace balancer::http
