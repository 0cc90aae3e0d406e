// Any query to the redirect split, and any body to its settings. What is sent back as a Location is
// what a plainer reader finds harmless; settings that are taken can be given back.

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "internal/api/handler/settings_json.hpp"
#include "internal/service/redirect-split/redirect_split.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace balancer;

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// What a server that decodes escapes makes of a path.
std::string Decoded(std::string_view path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%') {
      FUZZ_CHECK(path.size() - i > 2);
      decoded += static_cast<char>(std::stoi(std::string(path.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      decoded += path[i];
    }
  }
  return decoded;
}

// That no segment leads upwards or nowhere.
void CheckSegments(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    const std::string_view name = segment.substr(0, segment.find(';'));
    FUZZ_CHECK(name != "." && name != "..");
    path.remove_prefix(segment.size());
  }
}

// That a URL, sent as a Location, leads to /video/ on an origin and nowhere else.
void CheckUrl(std::string_view url) {
  FUZZ_CHECK(std::ranges::all_of(url, [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}#[]").find(c) == std::string::npos;
  }));
  const std::size_t scheme = url.find("://");
  FUZZ_CHECK(scheme != std::string_view::npos);
  const std::string name = Lower(std::string(url.substr(0, scheme)));
  FUZZ_CHECK(name == "http" || name == "https");
  const std::string_view rest = url.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::string host = Lower(std::string(authority.substr(0, authority.find(':'))));
  constexpr std::string_view kOrigin = ".origin-cluster";
  FUZZ_CHECK(host.ends_with(kOrigin) && host.size() > kOrigin.size());
  FUZZ_CHECK(host.find('.') == host.size() - kOrigin.size());
  FUZZ_CHECK(authority.find_first_of("@%?;,") == std::string_view::npos);
  const std::string_view port = authority.substr(std::min(host.size() + 1, authority.size()));
  FUZZ_CHECK(port.size() == 0 || std::stoi(std::string(port)) <= 65535);

  const std::string_view target = rest.substr(authority.size());
  const std::string_view path = target.substr(0, target.find('?'));
  FUZZ_CHECK(path.starts_with("/video/") && path.size() > 7 && path[7] != '/');
  const std::string decoded = Decoded(path);
  FUZZ_CHECK(std::ranges::count(decoded, '/') == std::ranges::count(path, '/'));
  FUZZ_CHECK(std::ranges::none_of(
      decoded, [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '\\'; }));
  CheckSegments(path);
  CheckSegments(decoded);
}

void TryQuery(std::string_view query) {
  service::SharesInForce shares({});
  service::RedirectSplit split("video", {*model::HostPattern::Parse("*.origin-cluster")}, shares);
  const auto location = split.Locate(query);
  if (!location) {
    FUZZ_CHECK(location.error().code == model::ErrorCode::invalid_argument);
    return;
  }
  if (!*location) return;
  const std::string origin(**location);
  CheckUrl(origin);

  shares.Set({{"http://cdn", 1}});
  const auto cdn = split.Locate(query);
  FUZZ_CHECK(cdn && *cdn);
  const std::size_t host = origin.find("://") + 3;
  const std::string label = Lower(origin.substr(host, origin.find('.', host) - host));
  FUZZ_CHECK(**cdn == "http://cdn/" + label + origin.substr(origin.find('/', host)));
}

void TrySetting(std::string_view json) {
  const auto setting = api::ParseSetting(json);
  if (!setting) {
    FUZZ_CHECK(setting.error().code == model::ErrorCode::invalid_argument);
    FUZZ_CHECK(!setting.error().detail.empty());
    return;
  }
  FUZZ_CHECK(model::CheckRedirectTargets(setting->targets));
  for (const auto& target : setting->targets) {
    FUZZ_CHECK(model::CheckRedirectHost(target.host) && model::CheckPercent(target.percent));
    FUZZ_CHECK(std::ranges::all_of(target.host, [](char c) { return c > 0x20 && c < 0x7F; }));
  }
  const std::string text = api::ToJson(*setting);
  const auto again = api::ParseSetting(text);
  FUZZ_CHECK(again && again->tag == setting->tag && again->targets == setting->targets);
  FUZZ_CHECK(api::ParseRedirectTargets(api::ToJson(setting->targets)).value() == setting->targets);
  service::ShareTurns turns(setting->targets);
  for (int i = 0; i < 100; ++i) FUZZ_CHECK(turns.Next() <= setting->targets.size());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = AsText(data, size);
  TryQuery(text);
  TrySetting(text);
  return 0;
}
