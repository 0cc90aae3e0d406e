#include "internal/api/handler/limits_handler.hpp"

#include <utility>

#include "internal/api/handler/client_id_query.hpp"
#include "internal/api/handler/limits_json.hpp"

namespace balancer::api {
namespace {

using model::ErrorCode;
using model::Fail;

// create and update: everything is in the body.
model::Result<model::ClientLimit> ReadClientLimit(const ApiRequest& request) {
  if (!request.query.empty()) {
    return Fail(ErrorCode::invalid_argument,
                "unknown parameter in the query: all fields go in the body");
  }
  return ParseClientLimit(request.body);
}

// get and delete: the client_id is in the body or in the query.
model::Result<std::string> ReadClientId(const ApiRequest& request) {
  if (request.query.empty() && request.body.empty()) {
    return Fail(ErrorCode::invalid_argument,
                "client_id is missing: it goes in the body or in the query");
  }
  if (request.query.empty()) return ParseClientId(request.body);
  if (request.body.empty()) return ClientIdFromQuery(request.query);
  return Fail(ErrorCode::invalid_argument,
              "client_id goes in the body or in the query, not in both");
}

// Answers a change with `status` and no body.
service::LimitsManager::Done<void> Answer(int status, ApiDone done) {
  return [status, done = std::move(done)](model::Result<void> result) {
    done(result ? EmptyResponse(status) : ErrorResponse(result.error()));
  };
}

}  // namespace

void LimitsHandler::Handle(const ApiRequest& request, ApiDone done) {
  const std::string_view action = request.path.substr(std::string_view("/limits/").size());
  const std::string_view method = action == "create"   ? "POST"
                                  : action == "get"    ? "GET"
                                  : action == "update" ? "PUT"
                                  : action == "delete" ? "DELETE"
                                                       : "";
  if (method.empty()) return done(ErrorResponse({ErrorCode::not_found, "no such path"}));
  if (request.method != method) return done(MethodNotAllowed(std::string(method)));

  if (action == "create" || action == "update") {
    auto limit = ReadClientLimit(request);
    if (!limit) return done(ErrorResponse(limit.error()));
    if (action == "create") {
      limits_.Create(*std::move(limit), Answer(201, std::move(done)));
    } else {
      limits_.Update(*std::move(limit), Answer(204, std::move(done)));
    }
    return;
  }

  auto client_id = ReadClientId(request);
  if (!client_id) return done(ErrorResponse(client_id.error()));
  if (action == "delete") {
    limits_.Delete(*std::move(client_id), Answer(204, std::move(done)));
    return;
  }
  limits_.Get(*std::move(client_id),
              [done = std::move(done)](model::Result<model::ClientLimit> limit) {
                if (!limit) return done(ErrorResponse(limit.error()));
                done(JsonResponse(200, ToJson(*limit)));
              });
}

}  // namespace balancer::api
