#include "internal/service/redirect-split/shares_manager.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace balancer::service {

using model::Result;

SharesManager::SharesManager(std::string tag, model::RedirectTargets defaults,
                             SettingsStorage& storage, SharesCodec codec)
    : tag_(std::move(tag)),
      defaults_(std::move(defaults)),
      storage_(storage),
      codec_(codec),
      in_force_(defaults_) {}

void SharesManager::Edit(model::RedirectTargets targets, Done<std::optional<std::int64_t>> done) {
  turns_.Take([this, targets = std::move(targets), done = std::move(done)] {
    storage_.PutSetting(tag_, codec_.write(targets),
                        [this, targets, done](Result<std::optional<std::int64_t>> put) {
                          if (put) {
                            in_force_.Set(targets);
                          } else {
                            OnSettingsChanged();  // it may have been stored all the same
                          }
                          turns_.End();
                          done(std::move(put));
                        });
  });
}

void SharesManager::Load(std::function<void()> done) {
  turns_.Take([this, done = std::move(done)] {
    storage_.GetSetting(tag_, [this, done](const Result<std::optional<std::string>>& stored) {
      OnStored(stored);
      turns_.End();
      done();
    });
  });
}

void SharesManager::OnSettingsChanged() {
  turns_.TakeUnlessWaiting([this] {
    storage_.GetSetting(tag_, [this](const Result<std::optional<std::string>>& stored) {
      OnStored(stored);
      turns_.End();
    });
  });
}

void SharesManager::OnStored(const Result<std::optional<std::string>>& stored) {
  // Storage that is away says when it is back, and logs why it was.
  if (!stored) return;
  auto targets = *stored ? codec_.read(**stored) : Result<model::RedirectTargets>(defaults_);
  if (!targets) {
    spdlog::warn("settings: what is stored for {} is not used: {}", tag_, targets.error().detail);
    return;
  }
  // The same ones go on being counted.
  if (*targets != *in_force_.Get()) in_force_.Set(*std::move(targets));
}

}  // namespace balancer::service
