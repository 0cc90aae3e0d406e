#pragma once

#include <string_view>

#include "internal/api/handler/api_message.hpp"
#include "internal/service/redirect-split/shares_manager.hpp"

namespace balancer::api {

// GET /api/get_settings and POST /api/edit_settings: the redirect split's shares, JSON in and out.
// Knows no HTTP library and no sockets; who may call is decided before it.
//
// Thread safety: all calls, on any thread. Lifetime: `shares` must outlive it.
class SettingsHandler {
 public:
  explicit SettingsHandler(service::SharesManager& shares) : shares_(shares) {}

  static bool Serves(std::string_view path) {
    return path == "/api/get_settings" || path == "/api/edit_settings";
  }

  // REQUIRES: Serves(request.path).
  void Handle(const ApiRequest& request, ApiDone done);

 private:
  ApiResponse Get() const;
  void Edit(const ApiRequest& request, ApiDone done);

  service::SharesManager& shares_;
};

}  // namespace balancer::api
