#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/service/redirect-split/share_turns.hpp"
#include "internal/service/redirect-split/shares_in_force.hpp"
#include "internal/service/redirect-split/video_url.hpp"

namespace balancer::service {

// Which requests are for a video, and where each is sent: to its origin, or to a CDN host, by the
// shares in force. New shares begin to be counted from their first request.
//
// One thread; each worker has its own. `shares` must outlive it.
class RedirectSplit {
 public:
  RedirectSplit(std::string parameter, std::vector<model::HostPattern> origins,
                const SharesInForce& shares)
      : parameter_(std::move(parameter)), origins_(std::move(origins)), shares_(shares) {}

  // For a GET or HEAD of "/" with this query: the Location of its redirect, a view that is valid
  // until the next call and no longer than `query`; nullopt where it is not for a video.
  // Fails with invalid_argument.
  model::Result<std::optional<std::string_view>> Locate(std::string_view query);

 private:
  std::string_view AtCdn(const model::RedirectTarget& target, const VideoUrl& video);

  const std::string parameter_;
  const std::vector<model::HostPattern> origins_;
  const SharesInForce& shares_;
  std::uint64_t generation_ = 0;
  SharesInForce::Snapshot targets_;
  ShareTurns turns_{{}};
  std::string decoded_;
  std::string location_;
};

}  // namespace balancer::service
