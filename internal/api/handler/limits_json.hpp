#pragma once

#include <string>
#include <string_view>

#include "internal/model/client_limit.hpp"

// The JSON of the limits API (RFC 8259). RapidJSON stays inside.
namespace balancer::api {

// Reads {"client_id":"…","capacity":10,"rate_per_sec":1}: these three fields, each once, in any
// order, and nothing else. Checked: CheckClientId and CheckLimit hold for what is returned.
//
// Fails with invalid_argument; the detail names the field and the reason, or, where the text is no
// JSON, the byte (from 0) and the reason. The first problem found is told. Nesting costs no stack.
model::Result<model::ClientLimit> ParseClientLimit(std::string_view json);

// Reads {"client_id":"…"}, by the same rules.
model::Result<std::string> ParseClientId(std::string_view json);

// One line, in the form that ParseClientLimit reads. Numbers are as short as they round-trip.
std::string ToJson(const model::ClientLimit& limit);

}  // namespace balancer::api
