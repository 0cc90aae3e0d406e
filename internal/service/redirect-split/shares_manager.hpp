#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "internal/model/redirect_target.hpp"
#include "internal/service/interfaces/settings_storage.hpp"
#include "internal/service/redirect-split/shares_in_force.hpp"
#include "internal/service/turns/turns.hpp"

namespace balancer::service {

// How shares are written in storage.
struct SharesCodec {
  std::string (*write)(const model::RedirectTargets&);
  model::Result<model::RedirectTargets> (*read)(std::string_view);
};

// Edits the shares in force, and follows what other instances make of them: storage first, then
// memory, then the answer - so that an edit holds for the very next request. Where nothing is
// stored, the configuration's hold; while storage is away, those that were in force before.
//
// Thread safety: all calls, on any thread; `done` comes on a storage thread. Edits and readings are
// made one after the other, so that memory ends with what storage ended with.
// Lifetime: `storage` must outlive it, and call back no more when it is destroyed.
class SharesManager : public SettingsListener {
 public:
  template <typename T>
  using Done = SettingsStorage::Done<T>;

  SharesManager(std::string tag, model::RedirectTargets defaults, SettingsStorage& storage,
                SharesCodec codec);

  const std::string& tag() const { return tag_; }
  SharesInForce& in_force() { return in_force_; }

  // What SettingsStorage::PutSetting says. REQUIRES: CheckRedirectTargets.
  void Edit(model::RedirectTargets targets, Done<std::optional<std::int64_t>> done);
  // Puts what is stored in force; `done` is called in any case.
  void Load(std::function<void()> done);

  void OnSettingsChanged() override;

 private:
  void OnStored(const model::Result<std::optional<std::string>>& stored);

  const std::string tag_;
  const model::RedirectTargets defaults_;
  SettingsStorage& storage_;
  const SharesCodec codec_;
  SharesInForce in_force_;
  Turns turns_;
};

}  // namespace balancer::service
