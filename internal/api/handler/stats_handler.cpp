#include "internal/api/handler/stats_handler.hpp"

#include <string>
#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "internal/api/handler/client_id_query.hpp"

namespace balancer::api {
namespace {

using model::ErrorCode;

// An object of texts and numbers, in one line.
class JsonObject {
 public:
  JsonObject() { writer_.StartObject(); }

  JsonObject& Add(const char* name, const std::string& text) {
    writer_.Key(name);
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return *this;
  }
  JsonObject& Add(const char* name, std::uint64_t number) {
    writer_.Key(name);
    writer_.Uint64(number);
    return *this;
  }
  std::string Finish() {
    writer_.EndObject();
    return {buffer_.GetString(), buffer_.GetSize()};
  }

 private:
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace

void StatsHandler::Handle(const ApiRequest& request, ApiDone done) {
  const bool all = request.path == "/stats/requests";
  if (!all && request.path != "/stats/clients") {
    return done(ErrorResponse({ErrorCode::not_found, "no such path"}));
  }
  if (request.method != "GET") return done(MethodNotAllowed("GET"));
  if (!all) return AnswerClient(request, std::move(done));
  if (!request.query.empty()) {
    return done(ErrorResponse(
        {ErrorCode::invalid_argument, "unknown parameter in the query: this path takes none"}));
  }
  counter_.GetRequests([done = std::move(done)](const model::Result<model::RequestCount>& found) {
    if (!found) return done(ErrorResponse(found.error()));
    done(JsonResponse(200,
                      JsonObject().Add("count", found->count).Add("since", found->since).Finish()));
  });
}

void StatsHandler::AnswerClient(const ApiRequest& request, ApiDone done) {
  auto client_id = ClientIdFromQuery(request.query);
  if (!client_id) return done(ErrorResponse(client_id.error()));
  counter_.GetClient(*client_id, [client_id = *client_id, done = std::move(done)](
                                     const model::Result<model::ClientCounts>& counts) {
    if (!counts) return done(ErrorResponse(counts.error()));
    done(JsonResponse(200, JsonObject()
                               .Add("client_id", client_id)
                               .Add("allowed", counts->allowed)
                               .Add("refused", counts->refused)
                               .Finish()));
  });
}

}  // namespace balancer::api
