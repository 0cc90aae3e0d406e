// Which fields go on, which stay, which are ours: told here a second time, by names alone, and held
// against what the serialiser writes. An input that begins with "HTTP/" is a response to the
// client, any other a request to a backend.

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "internal/http/serialize.hpp"
#include "tests/fuzz/heads.hpp"

using namespace balancer::http;
using Status = ParseResult::Status;

namespace {

constexpr HeadLimits kNoLimits{.head_bytes = 1 << 20, .field_count = 1000, .target_bytes = 1 << 20};

using Names = std::set<std::string>;
using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// The members of a list, in lower case.
Names Members(std::string_view list) {
  Names members;
  std::string member;
  for (const char c : Lower(list) + ",") {
    if (c != ',') {
      member += c;
      continue;
    }
    const std::size_t first = std::min(member.find_first_not_of(" \t"), member.size());
    members.insert(member.substr(first, member.find_last_not_of(" \t") + 1 - first));
    member.clear();
  }
  return members;
}

// The members of all Connection fields.
Names ConnectionMembers(const Fields& fields) {
  Names members;
  for (const Field& field : fields) {
    if (Lower(field.name) == "connection") members.merge(Members(field.value));
  }
  return members;
}

// The names that must not go on: the fixed ones, and those that Connection names and may name.
Names HopByHop(const Fields& fields) {
  Names names{"connection",
              "keep-alive",
              "proxy-authenticate",
              "proxy-authorization",
              "proxy-connection",
              "te",
              "trailer",
              "transfer-encoding",
              "upgrade"};
  const Names kept{"authorization", "content-length", "forwarded", "host", "x-request-id"};
  for (const std::string& name : ConnectionMembers(fields)) {
    if (!kept.contains(name) && !name.starts_with("x-forwarded-")) names.insert(name);
  }
  return names;
}

bool KeepsAlive(const Fields& fields, int minor_version) {
  const Names members = ConnectionMembers(fields);
  return !members.contains("close") && (minor_version == 1 || members.contains("keep-alive"));
}

// The fields, in order, whose names are not among these.
Lines Without(const Fields& fields, const Names& names, const Names& more_names) {
  Lines lines;
  for (const Field& field : fields) {
    const std::string name = Lower(field.name);
    if (!names.contains(name) && !more_names.contains(name)) {
      lines.emplace_back(field.name, field.value);
    }
  }
  return lines;
}

std::vector<std::string_view> Values(const Fields& fields, std::string_view name) {
  std::vector<std::string_view> values;
  for (const Field& field : fields) {
    if (Lower(field.name) == name) values.push_back(field.value);
  }
  return values;
}

using ValueList = std::vector<std::string_view>;

// The values but for empty ones; this one where nothing is left.
ValueList NotEmptyOr(ValueList values, std::string_view otherwise) {
  values.erase(std::remove(values.begin(), values.end(), ""), values.end());
  if (values.empty()) values.emplace_back(otherwise);
  return values;
}

// The protocol that a request may ask a backend to switch to: one Upgrade field of HTTP/1.1 that
// Connection names, without a body, and not h2c.
std::string_view UpgradeOf(const RequestHead& head) {
  const ValueList values = Values(head.fields, "upgrade");
  if (values.size() != 1 || head.minor_version == 0 || head.framing.has_body()) return {};
  if (!ConnectionMembers(head.fields).contains("upgrade")) return {};
  return Members(values[0]).contains("h2c") ? std::string_view() : values[0];
}

// The protocol that a 101 switches to.
std::string_view UpgradeOf(const ResponseHead& head) {
  const ValueList values = Values(head.fields, "upgrade");
  if (head.status != 101 || values.empty()) return {};
  return ConnectionMembers(head.fields).contains("upgrade") ? values[0] : std::string_view();
}

ValueList OneOrNone(std::string_view value) {
  return value.empty() ? ValueList{} : ValueList{value};
}

// Lines that end in CRLF, and no control character anywhere else.
void CheckLines(std::string_view out) {
  while (!out.empty()) {
    const std::size_t end = out.find("\r\n");
    FUZZ_CHECK(end != out.npos && IsText(out.substr(0, end)));
    out.remove_prefix(end + 2);
  }
}

void CheckRequestFraming(const RequestHead& head, const RequestHead& sent) {
  const ValueList lengths = Values(sent.fields, "content-length");
  const ValueList codings = Values(sent.fields, "transfer-encoding");
  if (head.framing.kind == Framing::Kind::chunked) {
    FUZZ_CHECK(codings == ValueList{"chunked"} && lengths.empty());
  } else if (head.framing.kind == Framing::Kind::length) {
    FUZZ_CHECK(lengths == ValueList{std::to_string(head.framing.length)} && codings.empty());
  } else {
    FUZZ_CHECK((lengths.empty() || lengths == ValueList{"0"}) && codings.empty());
  }
}

void CheckForwarded(const RequestHead& head, std::string_view base_path, bool trusted) {
  constexpr std::string_view kPeer = "192.0.2.1";
  Buffer buffer;
  AppendRequestHead(buffer, head, head.framing, base_path, "backend:81", {kPeer, trusted, "id"});
  const std::string_view out = buffer.view();
  CheckLines(out);
  RequestHead sent;
  const ParseResult result = ParseRequestHead(out, kNoLimits, sent);
  FUZZ_CHECK(result.status == Status::complete && result.head_bytes == out.size());

  const std::string slash = head.target.starts_with('?') ? "/" : "";
  const std::string target = slash + std::string(head.target);
  FUZZ_CHECK(sent.method == head.method && sent.minor_version == 1);
  FUZZ_CHECK(sent.target == (target == "*" ? target : std::string(base_path) + target));
  FUZZ_CHECK(sent.host == (head.host.empty() ? "backend:81" : head.host));
  FUZZ_CHECK(sent.keep_alive && !sent.expects_continue);
  CheckRequestFraming(head, sent);
  FUZZ_CHECK(Values(sent.fields, "connection") == OneOrNone(head.upgrade.empty() ? "" : "upgrade"));
  FUZZ_CHECK(Values(sent.fields, "upgrade") == OneOrNone(head.upgrade));

  const Names ours{"connection",
                   "upgrade",
                   "content-length",
                   "expect",
                   "host",
                   "transfer-encoding",
                   "x-forwarded-for",
                   "x-forwarded-host",
                   "x-forwarded-proto",
                   "x-request-id"};
  FUZZ_CHECK(Without(sent.fields, ours, {}) == Without(head.fields, ours, HopByHop(head.fields)));

  std::string addresses;
  for (const std::string_view value : Values(head.fields, "x-forwarded-for")) {
    if (!value.empty()) addresses.append(value).append(", ");
  }
  FUZZ_CHECK(Values(sent.fields, "x-forwarded-for") == ValueList{addresses.append(kPeer)});
  FUZZ_CHECK(Values(sent.fields, "x-request-id") ==
             NotEmptyOr(Values(head.fields, "x-request-id"), "id"));
  const auto expected = [&](std::string_view name, ValueList ours) {
    const ValueList theirs = Values(head.fields, name);
    return trusted && !theirs.empty() ? theirs : ours;
  };
  FUZZ_CHECK(Values(sent.fields, "x-forwarded-proto") == expected("x-forwarded-proto", {"http"}));
  FUZZ_CHECK(Values(sent.fields, "x-forwarded-host") ==
             expected("x-forwarded-host", OneOrNone(head.host)));
}

// How the client's version and method have the response delivered.
ResponseDelivery Delivery(const ResponseHead& head, int client_minor_version) {
  ResponseDelivery delivery;
  delivery.framing = head.framing;
  if (head.framing.kind == Framing::Kind::chunked ||
      head.framing.kind == Framing::Kind::until_close) {
    delivery.framing.kind =
        client_minor_version == 1 ? Framing::Kind::chunked : Framing::Kind::until_close;
  }
  delivery.keep_alive = delivery.framing.kind != Framing::Kind::until_close;
  delivery.tell_keep_alive = delivery.keep_alive && client_minor_version == 0;
  delivery.request_id = "id";
  delivery.date = "Wed, 01 May 2024 10:00:00 GMT";
  return delivery;
}

void CheckResponseFraming(const ResponseHead& head, const ResponseHead& sent,
                          const Framing& framing) {
  const ValueList lengths = Values(sent.fields, "content-length");
  const ValueList codings = Values(sent.fields, "transfer-encoding");
  FUZZ_CHECK(Same(sent.framing, framing));
  FUZZ_CHECK(codings ==
             (framing.kind == Framing::Kind::chunked ? ValueList{"chunked"} : ValueList{}));
  if (framing.kind == Framing::Kind::length) {
    FUZZ_CHECK(lengths.size() == 1);
  } else if (framing.kind != Framing::Kind::none || head.status < 200 || head.status == 204) {
    FUZZ_CHECK(lengths.empty());
  } else {
    // The answer to a HEAD, or 304: the length that the body would have.
    FUZZ_CHECK(lengths.empty() == Values(head.fields, "content-length").empty());
    FUZZ_CHECK(lengths.size() <= 1);
  }
}

void CheckDelivered(const ResponseHead& head, std::string_view method,
                    const ResponseDelivery& delivery) {
  Buffer buffer;
  AppendResponseHead(buffer, head, delivery);
  const std::string_view out = buffer.view();
  CheckLines(out);
  ResponseHead sent;
  const ParseResult result = ParseResponseHead(out, kNoLimits, method, sent);
  FUZZ_CHECK(result.status == Status::complete && result.head_bytes == out.size());

  FUZZ_CHECK(sent.status == head.status && sent.minor_version == 1);
  FUZZ_CHECK(sent.reason == (head.reason.empty() ? ReasonPhrase(head.status) : head.reason));
  FUZZ_CHECK(sent.keep_alive == delivery.keep_alive);
  CheckResponseFraming(head, sent, delivery.framing);

  const Names ours{"connection",        "content-length", "date",
                   "transfer-encoding", "upgrade",        "x-request-id"};
  const Names stays = HopByHop(head.fields);
  FUZZ_CHECK(Without(sent.fields, ours, {}) == Without(head.fields, ours, stays));
  FUZZ_CHECK(Values(sent.fields, "x-request-id") ==
             NotEmptyOr(Values(head.fields, "x-request-id"), "id"));
  const ValueList dates = stays.contains("date") ? ValueList{} : Values(head.fields, "date");
  FUZZ_CHECK(Values(sent.fields, "date") == (dates.empty() ? ValueList{delivery.date} : dates));
  const std::string_view connection = delivery.switch_protocols  ? "upgrade"
                                      : !delivery.keep_alive     ? "close"
                                      : delivery.tell_keep_alive ? "keep-alive"
                                                                 : "";
  FUZZ_CHECK(Values(sent.fields, "connection") == OneOrNone(connection));
  FUZZ_CHECK(Values(sent.fields, "upgrade") ==
             OneOrNone(delivery.switch_protocols ? head.upgrade : ""));
}

void CheckResponse(std::string_view bytes, std::string_view method) {
  ResponseHead head;
  if (ParseResponseHead(bytes, {}, method, head).status != Status::complete) return;
  FUZZ_CHECK(!head.keep_alive || KeepsAlive(head.fields, head.minor_version));
  FUZZ_CHECK(head.upgrade == UpgradeOf(head));
  CheckDelivered(head, method, Delivery(head, 0));
  CheckDelivered(head, method, Delivery(head, 1));
  if (head.upgrade.empty()) return;
  ResponseDelivery delivery = Delivery(head, 1);
  delivery.switch_protocols = true;
  CheckDelivered(head, method, delivery);
}

void CheckRequest(std::string_view bytes) {
  RequestHead head;
  if (ParseRequestHead(bytes, {}, head).status != Status::complete) return;
  FUZZ_CHECK(head.keep_alive == KeepsAlive(head.fields, head.minor_version));
  FUZZ_CHECK(head.upgrade == UpgradeOf(head));
  if (head.method == "CONNECT") return;
  CheckForwarded(head, "", false);
  CheckForwarded(head, "/base", true);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = AsText(data, size);
  if (bytes.starts_with("HTTP/")) {
    CheckResponse(bytes, "GET");
    CheckResponse(bytes, "HEAD");
  } else {
    CheckRequest(bytes);
  }
  return 0;
}
