#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/conformance/backend.hpp"
#include "tests/conformance/case_file.hpp"

namespace balancer::conformance {

// One side's connection: what has come over it and was not looked at yet.
struct Line {
  explicit Line(e2e::TcpSocket connected) : socket(std::move(connected)) {}

  e2e::TcpSocket socket;
  std::string unread;
};

// Plays one case: a client's connection and as many to the backend as the balancer makes, all on
// the caller's thread.
class Conversation {
 public:
  // How the bytes of each step leave: in one piece, or one by one.
  enum class Pace { whole, byte_by_byte };

  // `base_path`: what the balancer puts in front of every path, without a slash at its end.
  Conversation(std::uint16_t balancer_port, Backend& backend, std::string base_path, Pace pace);

  // "" when all steps came true and no side saw anything else; else a text that begins with the
  // step's file and line.
  std::string Play(const Case& played);

 private:
  void Take(const Step& step);
  void Send(Line& line, std::string_view bytes);
  void See(Line& line, const Pattern& pattern);
  void SeeAtBackend(const Pattern& pattern);
  // Without an `end`, either will do.
  void SeeEnd(Line& line, std::optional<e2e::TcpSocket::Got> end);
  void SeeBackendCut();
  // The client's connection, and the backend's, serve another request as if nothing had been.
  void Probe();
  // The balancer has said no more to any backend connection.
  void EndBackends();
  Line& backend();

  Backend& listener_;
  const std::string base_path_;
  const Pace pace_;
  Line client_;
  std::vector<Line> backends_;  // the last one is in use
  Matcher matcher_;
};

}  // namespace balancer::conformance
