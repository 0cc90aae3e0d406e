#include "tests/e2e/support/http_client.hpp"

#include <algorithm>
#include <cstdio>

namespace balancer::e2e {

bool HttpClient::SendRequest(std::string_view method, std::string_view target,
                             std::string_view fields, std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  if (!fields.starts_with("Host:") && fields.find("\nHost:") == std::string_view::npos) {
    text.append("Host: example.com\r\n");
  }
  text.append(fields);
  if (!body.empty()) text.append("Content-Length: " + std::to_string(body.size()) + "\r\n");
  text.append("\r\n").append(body);
  return Send(text);
}

Response HttpClient::Receive(std::string_view method, milliseconds timeout) {
  const Deadline deadline(timeout);
  Response response = ReceiveAny(method, deadline.left());
  while (response.status >= 100 && response.status < 200) {
    response = ReceiveAny(method, deadline.left());
  }
  return response;
}

bool HttpClient::ClosedByServer(milliseconds timeout) {
  std::string rest;
  const auto got = socket_->Receive(rest, timeout);
  return got == TcpSocket::Got::closed || got == TcpSocket::Got::reset;
}

Response Call(std::uint16_t port, std::string_view method, std::string_view target,
              std::string_view fields, std::string_view body) {
  return HttpClient(port).Call(method, target, fields, body);
}

Response Get(std::uint16_t port, std::string_view target, std::string_view fields) {
  return Call(port, "GET", target, fields);
}

std::string ProblemMistake(const Response& response, int status) {
  if (!response.whole()) return "no whole response; so far: " + response.raw;
  if (response.status != status) return "another status: " + response.raw;
  if (response.Field("Content-Type") != "application/problem+json") {
    return "not problem+json: " + response.raw;
  }
  const std::string& body = response.body;
  if (std::count(body.begin(), body.end(), '\n') > (body.ends_with('\n') ? 1 : 0)) {
    return "more than one line: " + body;
  }
  if (JsonMember(body, "status") != std::to_string(status)) return "status differs: " + body;
  for (const char* member : {"type", "title", "detail"}) {
    if (JsonMember(body, member).empty()) return std::string("no ") + member + ": " + body;
  }
  return "";
}

std::string JsonMember(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  auto at = json.find(key);
  if (at == std::string_view::npos) return "";
  at = json.find_first_not_of(' ', at + key.size());
  if (at == std::string_view::npos) return "";
  if (json[at] == '"') {
    auto end = at + 1;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    return std::string(json.substr(at + 1, end - at - 1));
  }
  return std::string(json.substr(at, json.find_first_of(",} ", at) - at));
}

std::string Chunked(std::string_view body, std::size_t size) {
  std::string coded;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    const auto piece = body.substr(0, size);
    char length[32];
    std::snprintf(length, sizeof length, "%zx\r\n", piece.size());
    coded.append(length).append(piece).append("\r\n");
  }
  return coded + "0\r\n\r\n";
}

std::string Pattern(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 2463534242u;
  for (char& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    byte = static_cast<char>(state);
  }
  return bytes;
}

}  // namespace balancer::e2e
