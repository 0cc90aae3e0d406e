#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "internal/model/error.hpp"

namespace balancer::service {

// Where settings that are edited at run time are kept, each a text under a tag. Implemented by
// repository::StorageThreads; threads and failures as with LimitsStorage.
class SettingsStorage {
 public:
  template <typename T>
  using Done = std::function<void(model::Result<T>)>;

  virtual ~SettingsStorage() = default;

  // nullopt: nothing has been put there.
  virtual void GetSetting(std::string tag, Done<std::optional<std::string>> done) = 0;
  // The id of the row that was made; nullopt: there was one, and it was changed.
  virtual void PutSetting(std::string tag, std::string value,
                          Done<std::optional<std::int64_t>> done) = 0;
};

// Who hears of settings that were changed, by us or by another instance. Called on storage threads.
class SettingsListener {
 public:
  virtual ~SettingsListener() = default;

  // Any of them may have changed (also: the connection was lost and is back).
  virtual void OnSettingsChanged() = 0;
};

}  // namespace balancer::service
