#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "internal/model/client_limit.hpp"

namespace balancer::api {

// model::CheckClientId, with the field's name in front of the detail.
inline model::Result<void> CheckClientIdField(std::string_view client_id) {
  return model::CheckClientId(client_id).map_error([](model::Error error) {
    error.detail.insert(0, "client_id ");
    return error;
  });
}

// ` "name"` of a field that is not ours, for a detail; empty where it is not fit to be shown: it
// may be as long and of the characters that a client_id may be.
inline std::string QuotedName(std::string_view name) {
  return model::CheckClientId(name) ? " \"" + std::string(name) + '"' : std::string();
}

}  // namespace balancer::api
