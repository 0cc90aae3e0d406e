#include "internal/api/handler/settings_handler.hpp"

#include <utility>

#include <fmt/format.h>

#include "internal/api/handler/settings_json.hpp"

namespace balancer::api {

using model::ErrorCode;

void SettingsHandler::Handle(const ApiRequest& request, ApiDone done) {
  const bool is_get = request.path == "/api/get_settings";
  const char* method = is_get ? "GET" : "POST";
  if (request.method != method) return done(MethodNotAllowed(method));
  if (!request.query.empty()) {
    return done(ErrorResponse({ErrorCode::invalid_argument, "unknown parameter in the query"}));
  }
  if (is_get) return done(Get());
  Edit(request, std::move(done));
}

ApiResponse SettingsHandler::Get() const {
  return JsonResponse(200, "[" + ToJson(Setting{shares_.tag(), *shares_.in_force().Get()}) + "]");
}

void SettingsHandler::Edit(const ApiRequest& request, ApiDone done) {
  auto edit = ParseSetting(request.body);
  if (!edit) return done(ErrorResponse(edit.error()));
  if (edit->tag != shares_.tag()) {
    return done(ErrorResponse({ErrorCode::invalid_argument, "tag is not one of the settings"}));
  }
  shares_.Edit(std::move(edit->targets),
               [done = std::move(done)](model::Result<std::optional<std::int64_t>> put) {
                 if (!put) return done(ErrorResponse(put.error()));
                 done(JsonResponse(201, *put ? fmt::format(R"({{"insertedId":{}}})", **put)
                                             : R"({"updatedCount":1})"));
               });
}

}  // namespace balancer::api
