#pragma once

#include <string>
#include <string_view>

#include "internal/model/redirect_target.hpp"

// The JSON of the settings API (RFC 8259), also as it is stored. RapidJSON stays inside.
namespace balancer::api {

struct Setting {
  std::string tag;
  model::RedirectTargets targets;
};

// Reads {"tag":"…","value":[{"host":"…","percent":0.3},…]}: these fields, each once, in any order,
// and nothing else. CheckRedirectTargets and what it stands on hold for what is returned.
//
// Fails with invalid_argument; the detail names the field and the reason, or, where the text is no
// JSON, the byte (from 0). The first problem found is told. Nesting costs no stack.
model::Result<Setting> ParseSetting(std::string_view json);

// Reads the value alone, by the same rules.
model::Result<model::RedirectTargets> ParseRedirectTargets(std::string_view json);

// One line each, in the forms above.
std::string ToJson(const model::RedirectTargets& targets);
std::string ToJson(const Setting& setting);

}  // namespace balancer::api
