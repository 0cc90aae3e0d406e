#include "internal/service/limits-manager/limits_manager.hpp"

#include <utility>

namespace balancer::service {

using model::ClientLimit;
using model::ErrorCode;
using model::Limit;
using model::Result;

LimitsManager::LimitsManager(LimitsStorage& storage, TokenManager& tokens)
    : storage_(storage), tokens_(tokens) {}

void LimitsManager::Create(ClientLimit limit, Done<void> done) {
  const std::string client_id = limit.client_id;
  Begin(client_id, [this, limit = std::move(limit), done = std::move(done)] {
    storage_.Create(limit, [this, limit, done](Result<void> result) {
      End(limit.client_id, limit.limit, std::move(result), done);
    });
  });
}

void LimitsManager::Get(std::string client_id, Done<ClientLimit> done) {
  storage_.Get(client_id, [client_id, done = std::move(done)](Result<std::optional<Limit>> found) {
    if (!found) {
      done(tl::unexpected(std::move(found.error())));
    } else if (!*found) {
      done(model::Fail(ErrorCode::not_found, "no limits are kept for this client_id"));
    } else {
      done(ClientLimit{client_id, **found});
    }
  });
}

void LimitsManager::Update(ClientLimit limit, Done<void> done) {
  const std::string client_id = limit.client_id;
  Begin(client_id, [this, limit = std::move(limit), done = std::move(done)] {
    storage_.Update(limit, [this, limit, done](Result<void> result) {
      End(limit.client_id, limit.limit, std::move(result), done);
    });
  });
}

void LimitsManager::Delete(std::string client_id, Done<void> done) {
  Begin(client_id, [this, client_id, done = std::move(done)] {
    storage_.Delete(client_id, [this, client_id, done](Result<void> result) {
      End(client_id, std::nullopt, std::move(result), done);
    });
  });
}

void LimitsManager::Begin(const std::string& client_id, Change change) {
  {
    const std::lock_guard lock(mu_);
    const auto [entry, first] = under_way_.try_emplace(client_id);
    if (!first) {
      entry->second.push_back(std::move(change));
      return;
    }
  }
  change();
}

void LimitsManager::End(const std::string& client_id, const std::optional<Limit>& after,
                        Result<void> result, const Done<void>& done) {
  if (result) {
    tokens_.Apply(client_id, after);
  } else if (result.error().code == ErrorCode::storage_unavailable ||
             result.error().code == ErrorCode::storage_failed) {
    // The change may have been made all the same: the next request must look.
    tokens_.OnLimitChanged(client_id);
  }

  Change next;
  {
    const std::lock_guard lock(mu_);
    const auto entry = under_way_.find(client_id);
    if (entry->second.empty()) {
      under_way_.erase(entry);
    } else {
      next = std::move(entry->second.front());
      entry->second.pop_front();
    }
  }
  if (next) next();
  done(std::move(result));
}

}  // namespace balancer::service
