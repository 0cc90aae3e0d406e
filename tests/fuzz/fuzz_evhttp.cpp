// Our reading of a client's bytes beside evhttp's: where both take a request, it is the same one,
// and the next one begins at the same byte. evhttp takes much that we refuse; that is no matter.
// Where it differs on what we take, the difference has a name below.

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "internal/http/body_reader.hpp"
#include "internal/http/parser.hpp"
#include "tests/fuzz/evhttp_reader.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace balancer::http;

namespace {

// A request as we read it. Views into the input.
struct OurRequest {
  enum class Body { complete, unfinished, malformed };

  RequestHead head;
  std::string_view target;    // as it was sent
  bool empty_lines = false;   // there are some before it
  std::string_view raw_body;  // with its chunked coding
  Body body_state = Body::complete;
  std::string body;
};

struct OurReading {
  std::vector<OurRequest> requests;
  bool ended = false;  // no more bytes could make another one
};

// Takes the body of `request` off `bytes`.
void TakeBody(OurRequest& request, std::string_view& bytes) {
  using Event = BodyReader::Event;
  const std::string_view all = bytes;
  BodyReader reader;
  reader.Start(request.head.framing);
  std::string_view piece;
  Event event;
  while ((event = reader.Next(bytes, piece)) == Event::data) request.body += piece;
  if (event == Event::need_more) request.body_state = OurRequest::Body::unfinished;
  if (event == Event::malformed) request.body_state = OurRequest::Body::malformed;
  request.raw_body = all.substr(0, all.size() - bytes.size());
}

OurReading ReadAll(std::string_view bytes) {
  OurReading reading;
  while (true) {
    OurRequest request;
    const ParseResult result = ParseRequestHead(bytes, {}, request.head);
    reading.ended = result.status == ParseResult::Status::error;
    if (result.status != ParseResult::Status::complete) return reading;
    request.empty_lines = bytes.starts_with('\r');
    const std::size_t target = bytes.find(' ') + 1;
    request.target = bytes.substr(target, bytes.find(' ', target) - target);
    bytes.remove_prefix(result.head_bytes);
    TakeBody(request, bytes);
    reading.requests.push_back(std::move(request));
    const OurRequest& last = reading.requests.back();
    if (!last.head.keep_alive || last.body_state != OurRequest::Body::complete) {
      reading.ended = true;
      return reading;
    }
  }
}

// ---- Why evhttp may not hand out a request that we take.

// It knows nine methods; we take any token.
bool HasMethodUnknownToEvhttp(const OurRequest& request) {
  constexpr std::string_view kKnown[] = {"GET",     "POST",  "HEAD",    "PUT",  "DELETE",
                                         "OPTIONS", "TRACE", "CONNECT", "PATCH"};
  return std::find(std::begin(kKnown), std::end(kKnown), request.head.method) == std::end(kKnown);
}

// It takes an empty line for a request line; RFC 9112 §2.2 has servers pass over it.
bool FollowsEmptyLines(const OurRequest& request) {
  return request.empty_lines;
}

// It parses targets as URIs of its own taste: "//x:y" has a bad port there. We pass them on as they
// are, but for the authority of an absolute one and of CONNECT.
bool HasTargetThatEvhttpRefuses(const OurRequest& request) {
  if (request.head.method == "CONNECT") return false;
  evhttp_uri* const uri =
      evhttp_uri_parse_with_flags(std::string(request.target).c_str(), EVHTTP_URI_NONCONFORMANT);
  if (uri != nullptr) evhttp_uri_free(uri);
  return uri == nullptr;
}

// It takes nothing behind a chunk's size; RFC 9112 §7.1.1 has extensions passed over.
bool HasChunkExtension(const OurRequest& request) {
  if (request.head.framing.kind != Framing::Kind::chunked) return false;
  std::string_view rest = request.raw_body;
  std::size_t size = 1;
  while (size > 0 && !rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    const auto digits_end = std::from_chars(line.begin(), line.end(), size, 16).ptr;
    if (digits_end != line.end()) return *digits_end == ';';
    rest.remove_prefix(std::min(rest.size(), line.size() + 2 + size + 2));
  }
  return false;
}

bool MayBeRefusedByEvhttp(const OurRequest& request) {
  return HasMethodUnknownToEvhttp(request) || FollowsEmptyLines(request) ||
         HasTargetThatEvhttpRefuses(request) || HasChunkExtension(request);
}

// ---- Where evhttp loses the next request's beginning, or the connection.

// It never reads the body of a HEAD or TRACE, and takes it for the next request.
bool HasBodyThatEvhttpLeavesUnread(const OurRequest& request) {
  return (request.head.method == "HEAD" || request.head.method == "TRACE") &&
         request.head.framing.has_body();
}

// It takes blanks off a value's front, but no tabs: "\tchunked" is then not the coding that it
// knows.
bool HasCodingBehindTab(const EvhttpRequest& theirs) {
  return std::any_of(theirs.fields.begin(), theirs.fields.end(), [](const auto& field) {
    return EqualsIgnoreCase(field.first, "Transfer-Encoding") && field.second.starts_with('\t');
  });
}

// After an absolute-form request it closes, unless Proxy-Connection asks it not to.
bool HasAbsoluteTarget(const OurRequest& request) {
  return request.target.find("://") != std::string_view::npos && request.target.front() != '/';
}

// It goes on with an HTTP/1.0 client only if the first Connection field begins with "keep-alive";
// we look at every member of every such field.
bool IsOldWithoutLeadingKeepAlive(const EvhttpRequest& theirs) {
  constexpr std::string_view kKeepAlive = "keep-alive";
  if (theirs.minor_version > 0) return false;
  for (const auto& [name, value] : theirs.fields) {
    if (!EqualsIgnoreCase(name, "Connection")) continue;
    return !EqualsIgnoreCase(value.substr(0, kKeepAlive.size()), kKeepAlive);
  }
  return true;
}

bool MayBeTheLastToEvhttp(const OurRequest& ours, const EvhttpRequest& theirs) {
  return HasAbsoluteTarget(ours) || IsOldWithoutLeadingKeepAlive(theirs);
}

// ---- The comparison

// See HasCodingBehindTab.
bool SameValue(std::string_view ours, std::string_view theirs) {
  theirs.remove_prefix(std::min(theirs.find_first_not_of(" \t"), theirs.size()));
  return ours == theirs;
}

void CheckSameHead(const OurRequest& ours, const EvhttpRequest& theirs) {
  FUZZ_CHECK(ours.head.method == theirs.method);
  FUZZ_CHECK(ours.target == theirs.uri);
  FUZZ_CHECK(ours.target.ends_with(ours.head.target) || ours.head.target.size() == 1);
  FUZZ_CHECK(ours.head.minor_version == std::min(theirs.minor_version, 1));
  // evhttp puts trailer fields behind the others.
  const Fields& fields = ours.head.fields;
  const bool chunked = ours.head.framing.kind == Framing::Kind::chunked;
  FUZZ_CHECK(theirs.fields.size() == fields.size() ||
             (chunked && theirs.fields.size() > fields.size()));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    FUZZ_CHECK(fields[i].name == theirs.fields[i].first);
    FUZZ_CHECK(SameValue(fields[i].value, theirs.fields[i].second));
  }
}

void CheckSameBody(const OurRequest& ours, const EvhttpRequest& theirs) {
  FUZZ_CHECK(theirs.chunked == (ours.head.framing.kind == Framing::Kind::chunked));
  if (ours.body_state == OurRequest::Body::malformed) return;  // refused, if later
  FUZZ_CHECK(ours.body_state == OurRequest::Body::complete);
  FUZZ_CHECK(ours.body == theirs.body);
}

void Compare(const OurReading& ours, const std::vector<EvhttpRequest>& theirs) {
  for (std::size_t i = 0; i < ours.requests.size(); ++i) {
    const OurRequest& request = ours.requests[i];
    if (i == theirs.size()) {
      FUZZ_CHECK(MayBeRefusedByEvhttp(request) ||
                 request.body_state != OurRequest::Body::complete ||
                 (i > 0 && MayBeTheLastToEvhttp(ours.requests[i - 1], theirs[i - 1])));
      return;
    }
    CheckSameHead(request, theirs[i]);
    if (HasBodyThatEvhttpLeavesUnread(request) || HasCodingBehindTab(theirs[i])) return;
    CheckSameBody(request, theirs[i]);
  }
  // What only evhttp takes must be what we refuse, not what we still wait for.
  FUZZ_CHECK(theirs.size() <= ours.requests.size() || ours.ended);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static EvhttpReader evhttp;
  const std::string_view bytes = AsText(data, size);
  Compare(ReadAll(bytes), evhttp.Read(bytes));
  return 0;
}
