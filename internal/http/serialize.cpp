#include "internal/http/serialize.hpp"

#include <charconv>
#include <cstddef>
#include <cstring>

#include "internal/http/field_id_set.hpp"
#include "internal/http/framing.hpp"

namespace balancer::http {
namespace {

// Room for what is written around the fields and the callers' strings: names, numbers, line ends.
constexpr std::size_t kFixedBytes = 256;

// Fields that are never copied, but written anew or left out.
constexpr FieldIdSet kRewrittenInRequests{FieldId::content_length, FieldId::expect, FieldId::host,
                                          FieldId::x_forwarded_for};
constexpr FieldIdSet kReplacedUnlessTrusted{FieldId::x_forwarded_host, FieldId::x_forwarded_proto};

std::size_t FieldBytes(const Fields& fields) {
  std::size_t bytes = 0;
  for (const Field& field : fields) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

// Writes a head behind what `out` holds, into room made once.
class HeadWriter {
 public:
  HeadWriter(Buffer& out, std::size_t max_bytes) : out_(out), at_(out.MakeRoom(max_bytes)) {}

  void Put(std::string_view text) { at_ += text.copy(at_, text.size()); }

  // A literal: its length is known, so that it takes a few moves and no call.
  template <std::size_t kSize>
  void Put(const char (&text)[kSize]) {
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
  }

  // `name`: a literal or a std::string_view.
  template <typename Name>
  void PutField(const Name& name, std::string_view value) {
    Put(name);
    Put(": ");
    Put(value);
    Put("\r\n");
  }

  void PutNumber(std::uint64_t number) {
    constexpr std::size_t kMaxDigits = 20;
    at_ = std::to_chars(at_, at_ + kMaxDigits, number).ptr;
  }

  // Three digits.
  void PutStatus(int status) {
    at_[0] = static_cast<char>('0' + status / 100);
    at_[1] = static_cast<char>('0' + status / 10 % 10);
    at_[2] = static_cast<char>('0' + status % 10);
    at_ += 3;
  }

  void PutContentLength(std::uint64_t length) {
    Put("Content-Length: ");
    PutNumber(length);
    Put("\r\n");
  }

  void PutChunked() { Put("Transfer-Encoding: chunked\r\n"); }

  // The empty line.
  void Finish() {
    Put("\r\n");
    out_.EndAt(at_);
  }

 private:
  Buffer& out_;
  char* at_;
};

void PutUpgrade(HeadWriter& writer, std::string_view protocol) {
  writer.PutField("Connection", "upgrade");
  writer.PutField("Upgrade", protocol);
}

void PutTarget(HeadWriter& writer, std::string_view base_path, std::string_view target) {
  if (target != "*") {
    if (base_path.ends_with('/')) base_path.remove_suffix(1);
    writer.Put(base_path);
    if (!target.starts_with('/')) writer.Put("/");
  }
  writer.Put(target);
}

void PutForwardedFor(HeadWriter& writer, const Fields& fields, std::string_view peer_ip) {
  writer.Put("X-Forwarded-For: ");
  for (const Field& field : fields) {
    if (field.id != FieldId::x_forwarded_for || field.value.empty()) continue;
    writer.Put(field.value);
    writer.Put(", ");
  }
  writer.Put(peer_ip);
  writer.Put("\r\n");
}

void PutRequestFraming(HeadWriter& writer, std::string_view method, const Framing& framing) {
  if (framing.kind == Framing::Kind::chunked) {
    writer.PutChunked();
  } else if (framing.kind == Framing::Kind::length) {
    writer.PutContentLength(framing.length);
  } else if (method == "POST" || method == "PUT" || method == "PATCH") {
    writer.PutContentLength(0);
  }
}

// The length that a body would have had, where it is known.
std::optional<std::uint64_t> LengthToTell(const ResponseHead& head) {
  if (head.framing.kind == Framing::Kind::length) return head.framing.length;
  const Field* field = Find(head.fields, FieldId::content_length);
  return field != nullptr ? ParseLength(field->value) : std::nullopt;
}

void PutResponseFraming(HeadWriter& writer, const ResponseHead& head, const Framing& framing) {
  if (head.status < 200 || head.status == 204) return;
  if (framing.kind == Framing::Kind::chunked) {
    writer.PutChunked();
  } else if (framing.kind == Framing::Kind::length) {
    writer.PutContentLength(framing.length);
  } else if (framing.kind == Framing::Kind::none) {
    if (const auto length = LengthToTell(head)) writer.PutContentLength(*length);
  }
}

}  // namespace

void AppendRequestHead(Buffer& out, const RequestHead& head, const Framing& framing,
                       std::string_view base_path, std::string_view authority,
                       const ForwardedFor& client) {
  HeadWriter writer(out, kFixedBytes + FieldBytes(head.fields) + head.method.size() +
                             base_path.size() + head.target.size() + 2 * head.host.size() +
                             authority.size() + head.upgrade.size() + client.peer_ip.size() +
                             client.request_id.size());
  writer.Put(head.method);
  writer.Put(" ");
  PutTarget(writer, base_path, head.target);
  writer.Put(" HTTP/1.1\r\n");
  writer.PutField("Host", head.host.empty() ? authority : head.host);

  FieldIdSet copied;
  for (const Field& field : head.fields) {
    if (field.hop_by_hop || kRewrittenInRequests.Has(field.id)) continue;
    if (kReplacedUnlessTrusted.Has(field.id) && !client.peer_is_trusted) continue;
    if (field.id == FieldId::x_request_id && field.value.empty()) continue;
    writer.PutField(field.name, field.value);
    copied.Add(field.id);
  }

  PutForwardedFor(writer, head.fields, client.peer_ip);
  if (!copied.Has(FieldId::x_forwarded_proto)) writer.PutField("X-Forwarded-Proto", "http");
  if (!copied.Has(FieldId::x_forwarded_host) && !head.host.empty()) {
    writer.PutField("X-Forwarded-Host", head.host);
  }
  if (!copied.Has(FieldId::x_request_id) && !client.request_id.empty()) {
    writer.PutField("X-Request-ID", client.request_id);
  }
  if (!head.upgrade.empty()) PutUpgrade(writer, head.upgrade);
  PutRequestFraming(writer, head.method, framing);
  writer.Finish();
}

void AppendResponseHead(Buffer& out, const ResponseHead& head, const ResponseDelivery& delivery) {
  const std::string_view reason = head.reason.empty() ? ReasonPhrase(head.status) : head.reason;
  HeadWriter writer(out, kFixedBytes + FieldBytes(head.fields) + reason.size() +
                             head.upgrade.size() + delivery.request_id.size() +
                             delivery.date.size());
  writer.Put("HTTP/1.1 ");
  writer.PutStatus(head.status);
  writer.Put(" ");
  writer.Put(reason);
  writer.Put("\r\n");

  FieldIdSet copied;
  for (const Field& field : head.fields) {
    if (field.hop_by_hop || field.id == FieldId::content_length) continue;
    if (field.id == FieldId::x_request_id && field.value.empty()) continue;
    writer.PutField(field.name, field.value);
    copied.Add(field.id);
  }

  if (!copied.Has(FieldId::x_request_id) && !delivery.request_id.empty()) {
    writer.PutField("X-Request-ID", delivery.request_id);
  }
  if (!copied.Has(FieldId::date) && !delivery.date.empty()) {
    writer.PutField("Date", delivery.date);
  }
  if (delivery.switch_protocols) {
    PutUpgrade(writer, head.upgrade);
  } else if (!delivery.keep_alive || delivery.framing.kind == Framing::Kind::until_close) {
    writer.PutField("Connection", "close");
  } else if (delivery.tell_keep_alive) {
    writer.PutField("Connection", "keep-alive");
  }
  PutResponseFraming(writer, head, delivery.framing);
  writer.Finish();
}

}  // namespace balancer::http
