#pragma once

#include <string_view>
#include <vector>

#include "internal/model/error.hpp"
#include "internal/model/host_pattern.hpp"

namespace balancer::service {

// A video's URL, taken apart. Views into it.
struct VideoUrl {
  std::string_view label;   // the host's first: "s1"
  std::string_view target;  // "/video/1488/x.m3u8?t=1"
};

// Reads `http[s]://HOST[:PORT]/video/…[?…]` with a host that one of the patterns matches, and
// nothing in it that might be read differently further on, as a redirect to elsewhere would need:
// only the characters of RFC 3986, no user, no fragment; in the path no dot segments, no empty name
// behind /video/, no escaped '/', '\', '.' or control character; none escaped in the query either.
//
// Fails with invalid_argument; the detail is to be read after the parameter's name.
model::Result<VideoUrl> ParseVideoUrl(std::string_view url,
                                      const std::vector<model::HostPattern>& origins);

}  // namespace balancer::service
