#include <algorithm>

#include "internal/http/authority.hpp"
#include "internal/http/head_reader.hpp"
#include "internal/http/hop_by_hop.hpp"
#include "internal/http/parser.hpp"
#include "internal/http/skip_run.hpp"
#include "internal/http/syntax.hpp"

namespace balancer::http {
namespace {

using model::ErrorCode;

class RequestReader : public HeadReader {
 public:
  RequestReader(std::string_view bytes, const HeadLimits& limits, RequestHead& head,
                ParseResult& result)
      : HeadReader(bytes, limits, result), head_(head) {}

  bool Read() {
    return SkipEmptyLines() && ReadRequestLine() && SortTarget() && ReadFields(head_.fields) &&
           CheckHost() && CheckFraming() && CheckExpect() && CheckConnection();
  }

 private:
  bool SkipEmptyLines() {
    while (at_ < end_ && *at_ == '\r') {
      if (!ReadLineEnd()) return false;
    }
    return true;
  }

  bool ReadRequestLine() {
    const char* start = at_;
    while (at_ < end_ && Is(*at_, kTokenChar)) ++at_;  // methods are short
    head_.method = Since(start);
    if (at_ == end_) return StopAtEnd();
    if (*at_ != ' ' || head_.method.empty()) return Malformed("the method is not a token");
    start = ++at_;

    at_ = SkipRun<kTargetChar>(at_, end_);
    head_.target = Since(start);
    if (head_.target.size() > limits_.target_bytes) {
      return Fail(ErrorCode::uri_too_long, "the request target is too long");
    }
    if (at_ == end_) return StopAtEnd();
    if (*at_ != ' ' || head_.target.empty()) return Malformed("no valid request target");
    ++at_;

    int major = 0;
    int minor = 0;
    if (!ReadVersion(major, minor) || !ReadLineEnd()) return false;
    if (major != 1) return Fail(ErrorCode::unknown_version, "only HTTP/1.0 and HTTP/1.1 are known");
    head_.minor_version = std::min(minor, 1);
    return true;
  }

  // The four forms of RFC 9112 §3.2.
  bool SortTarget() {
    if (head_.method == "CONNECT") {
      if (ParseAuthority(head_.target, target_authority_) && !target_authority_.port.empty()) {
        return true;
      }
      return Malformed("the target of CONNECT is not host:port");
    }
    if (head_.target.front() == '/') return true;
    if (head_.target == "*") {
      return head_.method == "OPTIONS" || Malformed("the target * is for OPTIONS only");
    }
    return CutAbsoluteForm("http://", "80") || CutAbsoluteForm("https://", "443") ||
           Malformed("no valid request target");
  }

  bool CutAbsoluteForm(std::string_view scheme, std::string_view default_port) {
    if (!EqualsIgnoreCase(head_.target.substr(0, scheme.size()), scheme)) return false;
    const std::string_view rest = head_.target.substr(scheme.size());
    const std::size_t authority_end = std::min(rest.find_first_of("/?"), rest.size());
    head_.host = rest.substr(0, authority_end);
    if (!ParseAuthority(head_.host, target_authority_)) return false;
    default_port_ = default_port;
    head_.target = rest.substr(authority_end);
    if (head_.target.empty()) head_.target = head_.method == "OPTIONS" ? "*" : "/";
    return true;
  }

  bool CheckHost() {
    if (!present().Has(FieldId::host)) {
      return head_.minor_version == 0 || Malformed("no Host header");
    }
    if (repeated().Has(FieldId::host)) return Malformed("more than one Host header");
    const std::string_view host = Find(head_.fields, FieldId::host)->value;
    Authority authority;
    if (!ParseAuthority(host, authority)) return Malformed("Host is not a host and a port");
    if (head_.host.empty()) {
      head_.host = host;
      return true;
    }
    return SameAuthority(authority, target_authority_, default_port_) ||
           Malformed("Host is not that of the request target");
  }

  bool CheckFraming() {
    if (!present().Has(FieldId::content_length) && !present().Has(FieldId::transfer_encoding)) {
      return true;  // there is no body
    }
    const auto fault = ReadFraming(head_.fields, present(), repeated(), head_.minor_version,
                                   RepeatedLength::refused, head_.framing);
    return !fault || Fail(*fault);
  }

  bool CheckExpect() {
    if (!present().Has(FieldId::expect) || head_.minor_version == 0) return true;
    for (const Field& field : head_.fields) {
      if (field.id == FieldId::expect && !EqualsIgnoreCase(field.value, "100-continue")) {
        return Fail(ErrorCode::expectation_failed, "the only Expect known here is 100-continue");
      }
    }
    head_.expects_continue = true;
    return true;
  }

  bool CheckConnection() {
    ConnectionOptions options;
    if (present().Has(FieldId::connection)) options = ReadConnection(head_.fields);
    head_.keep_alive = options.Persists(head_.minor_version);
    if (options.upgrade && present().Has(FieldId::upgrade)) head_.upgrade = UpgradeToPass();
    return true;
  }

  std::string_view UpgradeToPass() const {
    if (head_.minor_version == 0 || repeated().Has(FieldId::upgrade) || head_.framing.has_body()) {
      return {};
    }
    const std::string_view protocol = Find(head_.fields, FieldId::upgrade)->value;
    return ListHas(protocol, "h2c") ? std::string_view() : protocol;
  }

  RequestHead& head_;
  Authority target_authority_;  // of an absolute-form target, with its scheme's default port
  std::string_view default_port_;
};

}  // namespace

std::size_t FindHeadEnd(std::string_view bytes, std::size_t from) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t start = 0;  // of the head's first line, past the empty lines that may precede it
  while (bytes.substr(start, 2) == "\r\n") start += 2;
  // An end that an earlier call could not see whole began in the three bytes before `from`.
  const std::size_t found = bytes.find(kEnd, std::max(start, from < 3 ? 0 : from - 3));
  return found == std::string_view::npos ? found : found + kEnd.size();
}

ParseResult ParseRequestHead(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  head.Clear();
  ParseResult result;
  RequestReader reader(bytes, limits, head, result);
  if (reader.Read()) reader.Complete();
  return result;
}

}  // namespace balancer::http
