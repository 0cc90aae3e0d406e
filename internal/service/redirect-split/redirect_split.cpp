#include "internal/service/redirect-split/redirect_split.hpp"

#include "internal/service/redirect-split/query_parameter.hpp"

namespace balancer::service {

model::Result<std::optional<std::string_view>> RedirectSplit::Locate(std::string_view query) {
  const auto url = FindParameter(query, parameter_, decoded_);
  if (!url || !*url) return url;
  const auto video = ParseVideoUrl(**url, origins_);
  if (!video) {
    model::Error error = video.error();
    error.detail = parameter_ + " " + error.detail;
    return tl::unexpected(std::move(error));
  }

  if (shares_.ChangedSince(generation_)) {
    targets_ = shares_.Get(generation_);
    turns_ = ShareTurns(*targets_);
  }
  const std::size_t turn = turns_.Next();
  return turn < targets_->size() ? AtCdn((*targets_)[turn], *video) : **url;
}

std::string_view RedirectSplit::AtCdn(const model::RedirectTarget& target, const VideoUrl& video) {
  location_ = target.host;
  if (!location_.ends_with('/')) location_ += '/';
  // A host's name knows no case, a path does.
  for (const char c : video.label) {
    location_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  location_ += video.target;
  return location_;
}

}  // namespace balancer::service
