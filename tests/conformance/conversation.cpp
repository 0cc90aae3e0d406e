#include "tests/conformance/conversation.hpp"

#include <stdexcept>

namespace balancer::conformance {

using namespace e2e;
using Got = TcpSocket::Got;
using Kind = Step::Kind;

namespace {

// How long one step may take.
constexpr milliseconds kStepTime = kSanitized ? 30s : 5s;
// Of a send byte by byte: long ones go on in one piece.
constexpr std::size_t kSingleBytes = 2000;

[[noreturn]] void Wrong(const std::string& what) {
  throw std::runtime_error(what);
}

// What a connection that was kept must still do.
std::vector<Step> ProbeSteps(const std::string& base_path) {
  auto steps = ReadCaseFile("probe",
                            "case: the connection serves on\n"
                            "C> GET /probe HTTP/1.1\nC> Host: a\nC>\n"
                            ">B GET " +
                                base_path +
                                "/probe HTTP/1.1\n>B Host: a\n>B {forwarded}\n>B\n"
                                "<B {ok}\nC< {ok}\nC: kept\n",
                            false)
                   .cases.front()
                   .steps;
  steps.pop_back();  // or this would have no end
  return steps;
}

}  // namespace

Conversation::Conversation(std::uint16_t balancer_port, Backend& backend, std::string base_path,
                           Pace pace)
    : listener_(backend),
      base_path_(std::move(base_path)),
      pace_(pace),
      client_(TcpSocket::Connect(balancer_port)),
      matcher_("127.0.0.1:" + std::to_string(backend.port())) {}

std::string Conversation::Play(const Case& played) {
  int line = played.line;
  try {
    for (const Step& step : played.steps) {
      line = step.line;
      Take(step);
    }
    EndBackends();
    return "";
  } catch (const std::runtime_error& error) {
    while (listener_.Accept(0ms)) continue;  // what came too late is not the next case's
    return played.file + ":" + std::to_string(line) + ": " + error.what();
  }
}

void Conversation::Take(const Step& step) {
  switch (step.kind) {
    case Kind::client_sends:
      return Send(client_, step.pattern.Bytes());
    case Kind::client_sees:
      return See(client_, step.pattern);
    case Kind::backend_sees:
      return SeeAtBackend(step.pattern);
    case Kind::backend_sends:
      return Send(backend(), step.pattern.Bytes());
    case Kind::client_half_closes:
      return client_.socket.HalfClose();
    case Kind::client_leaves:
      return client_.socket.Close();
    case Kind::client_resets:
      return client_.socket.Reset();
    case Kind::backend_closes:
      return backend().socket.Close();
    case Kind::backend_resets:
      return backend().socket.Reset();
    case Kind::backend_closed:
      SeeEnd(backend(), std::nullopt);
      return backend().socket.Close();
    case Kind::backend_ended:
      return SeeEnd(backend(), Got::closed);
    case Kind::backend_cut:
      return SeeBackendCut();
    case Kind::kept:
      return Probe();
    case Kind::closed:
      return SeeEnd(client_, Got::closed);
    case Kind::reset:
      return SeeEnd(client_, Got::reset);
    case Kind::cut:
      return SeeEnd(client_, std::nullopt);
  }
}

Line& Conversation::backend() {
  if (backends_.empty() || !backends_.back().socket.open()) Wrong("the backend has no connection");
  return backends_.back();
}

// A peer that has closed meanwhile is no error here: what it said before is judged.
void Conversation::Send(Line& line, std::string_view bytes) {
  if (pace_ == Pace::byte_by_byte) {
    const std::string_view slow = bytes.substr(0, kSingleBytes);
    for (std::size_t i = 0; i < slow.size(); ++i) line.socket.Send(slow.substr(i, 1));
    bytes.remove_prefix(slow.size());
  }
  line.socket.Send(bytes);
}

void Conversation::See(Line& line, const Pattern& pattern) {
  const Deadline deadline(kStepTime);
  while (true) {
    const auto result = matcher_.Match(pattern, line.unread);
    if (result.status == Matcher::Result::Status::whole) {
      line.unread.erase(0, result.bytes);
      return;
    }
    std::string what = "these bytes are other ones";
    if (result.status == Matcher::Result::Status::more) {
      const Got got = line.socket.Receive(line.unread, deadline.left());
      if (got == Got::bytes) continue;
      what = got == Got::closed  ? "the connection was closed"
             : got == Got::reset ? "the connection was reset"
                                 : "nothing more came";
    }
    Wrong(what + "\nexpected:\n" + pattern.Text() + "\nseen:\n" +
          Escaped(line.unread.substr(0, result.bytes)) + "<<HERE>>" +
          Escaped(line.unread.substr(result.bytes)));
  }
}

void Conversation::SeeAtBackend(const Pattern& pattern) {
  const Deadline deadline(kStepTime);
  // A connection that has ended makes room for another one.
  if (!backends_.empty() && backends_.back().unread.empty() && backends_.back().socket.open()) {
    Line& current = backends_.back();
    const Got got = current.socket.Receive(current.unread, deadline.left());
    if (got == Got::closed || got == Got::reset) current.socket.Close();
  }
  if (backends_.empty() || !backends_.back().socket.open()) {
    auto accepted = listener_.Accept(deadline.left());
    if (!accepted) {
      client_.socket.Receive(client_.unread, 0ms);
      Wrong("the backend was not reached; the client saw:\n" + Escaped(client_.unread));
    }
    backends_.emplace_back(std::move(*accepted));
  }
  See(backends_.back(), pattern);
}

void Conversation::SeeEnd(Line& line, std::optional<Got> end) {
  const Deadline deadline(kStepTime);
  Got got = Got::bytes;
  while (line.unread.empty() && got == Got::bytes) {
    got = line.socket.Receive(line.unread, deadline.left());
  }
  if (!line.unread.empty()) Wrong("more came:\n" + Escaped(line.unread));
  if (got == Got::nothing) Wrong("the connection stays open");
  if (end && got != *end) {
    Wrong(got == Got::reset ? "the connection was reset" : "the connection was closed in order");
  }
}

void Conversation::SeeBackendCut() {
  while (auto accepted = listener_.Accept(0ms)) backends_.emplace_back(std::move(*accepted));
  for (Line& line : backends_) {
    if (!line.socket.open()) continue;
    const Deadline deadline(kStepTime);
    Got got = Got::bytes;
    while (got == Got::bytes) got = line.socket.Receive(line.unread, deadline.left());
    if (got == Got::nothing) Wrong("the backend's connection stays open");
    if (line.unread.ends_with("0\r\n\r\n")) {
      Wrong("the backend saw a whole request:\n" + Escaped(line.unread));
    }
    line.socket.Close();
  }
}

void Conversation::Probe() {
  if (!client_.unread.empty()) Wrong("more came:\n" + Escaped(client_.unread));
  matcher_.ForgetIds();
  try {
    for (const Step& step : ProbeSteps(base_path_)) Take(step);
  } catch (const std::runtime_error& error) {
    Wrong("the connection does not serve another request: " + std::string(error.what()));
  }
}

void Conversation::EndBackends() {
  while (auto accepted = listener_.Accept(0ms)) backends_.emplace_back(std::move(*accepted));
  for (Line& line : backends_) {
    if (!line.socket.open()) continue;
    line.socket.HalfClose();
    const Deadline deadline(kStepTime);
    Got got = Got::bytes;
    while (got == Got::bytes) got = line.socket.Receive(line.unread, deadline.left());
    if (!line.unread.empty()) Wrong("the backend saw more:\n" + Escaped(line.unread));
    if (got == Got::nothing) Wrong("the balancer keeps a connection that its backend has closed");
  }
}

}  // namespace balancer::conformance
