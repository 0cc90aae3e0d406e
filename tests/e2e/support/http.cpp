#include "tests/e2e/support/http.hpp"

#include <strings.h>

#include <algorithm>
#include <cstdlib>

namespace balancer::e2e {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool AllDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

std::string Head::Field(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (SameName(field, name)) return value;
  }
  return "";
}

std::vector<std::string> Head::All(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : fields) {
    if (SameName(field, name)) values.push_back(value);
  }
  return values;
}

Head ParseHead(std::string_view text) {
  Head head;
  while (true) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    if (line.empty()) return head;
    if (head.start_line.empty()) {
      head.start_line = line;
    } else {
      const auto colon = std::min(line.find(':'), line.size());
      head.fields.emplace_back(line.substr(0, colon),
                               Trimmed(line.substr(std::min(colon + 1, line.size()))));
    }
    if (end == std::string_view::npos) return head;
    text.remove_prefix(end + 2);
  }
}

// More bytes in the buffer, or false with the message's end told.
bool MessageReader::More(Message& message, const Deadline& deadline) {
  switch (socket_.Receive(buffer_, deadline.left())) {
    case TcpSocket::Got::bytes:
      return true;
    case TcpSocket::Got::nothing:
      message.end = Message::End::timeout;
      return false;
    default:
      message.end = buffer_.empty() && message.raw.empty() ? Message::End::none : Message::End::cut;
      return false;
  }
}

bool MessageReader::ReadHead(Message& message, const Deadline& deadline) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!More(message, deadline)) return false;
  }
  message.raw = buffer_.substr(0, end + 4);
  static_cast<Head&>(message) = ParseHead(message.raw);
  buffer_.erase(0, end + 4);
  return true;
}

void MessageReader::ReadLength(Message& message, std::size_t length, const Deadline& deadline) {
  while (true) {
    const std::size_t take = std::min(length - message.body.size(), buffer_.size());
    message.body.append(buffer_, 0, take);
    message.raw.append(buffer_, 0, take);
    buffer_.erase(0, take);
    if (message.body.size() == length) break;
    if (!More(message, deadline)) return;
  }
  message.end = Message::End::whole;
}

std::optional<std::string> MessageReader::TakeLine(Message& message, const Deadline& deadline) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!More(message, deadline)) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  message.raw.append(line).append("\r\n");
  buffer_.erase(0, end + 2);
  return line;
}

bool MessageReader::ReadLine(std::string& line, milliseconds timeout) {
  const Deadline deadline(timeout);
  Message ignored;
  std::size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    if (!More(ignored, deadline)) return false;
  }
  line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return true;
}

void MessageReader::ReadChunked(Message& message, const Deadline& deadline) {
  while (true) {
    const auto size_line = TakeLine(message, deadline);
    if (!size_line) return;
    char* rest = nullptr;
    const std::size_t size = std::strtoul(size_line->c_str(), &rest, 16);
    if (rest == size_line->c_str() || (*rest != '\0' && *rest != ';')) {
      message.end = Message::End::nonsense;
      return;
    }
    if (size == 0) break;
    Message chunk;
    chunk.raw = "-";
    ReadLength(chunk, size, deadline);
    message.body += chunk.body;
    message.raw += chunk.body;
    if (!chunk.whole()) {
      message.end = chunk.end;
      return;
    }
    const auto chunk_end = TakeLine(message, deadline);
    if (!chunk_end) return;
    if (!chunk_end->empty()) {
      message.end = Message::End::nonsense;
      return;
    }
  }
  while (true) {
    const auto trailer = TakeLine(message, deadline);
    if (!trailer) return;
    if (trailer->empty()) break;
    message.fields.emplace_back("(trailer)", *trailer);
  }
  message.end = Message::End::whole;
}

void MessageReader::ReadBody(Message& head, bool is_response, milliseconds timeout) {
  const Deadline deadline(timeout);
  const auto lengths = head.All("Content-Length");
  const auto codings = head.All("Transfer-Encoding");
  if (lengths.size() + codings.size() > 1) {
    head.end = Message::End::nonsense;
  } else if (!codings.empty()) {
    if (SameName(codings[0], "chunked")) {
      ReadChunked(head, deadline);
    } else {
      head.end = Message::End::nonsense;
    }
  } else if (!lengths.empty()) {
    if (AllDigits(lengths[0])) {
      ReadLength(head, std::stoul(lengths[0]), deadline);
    } else {
      head.end = Message::End::nonsense;
    }
  } else if (!is_response) {
    head.end = Message::End::whole;
  } else {
    head.until_close = true;
    while (true) {
      head.body += buffer_;
      head.raw += buffer_;
      buffer_.clear();
      const auto got = socket_.Receive(buffer_, deadline.left());
      if (got == TcpSocket::Got::bytes) continue;
      head.end = got == TcpSocket::Got::closed    ? Message::End::whole
                 : got == TcpSocket::Got::nothing ? Message::End::timeout
                                                  : Message::End::cut;
      return;
    }
  }
}

Response MessageReader::ReadResponse(std::string_view request_method, milliseconds timeout) {
  const Deadline deadline(timeout);
  Response response;
  if (!ReadHead(response, deadline)) return response;
  const std::string& line = response.start_line;
  if (line.size() < 12 || !line.starts_with("HTTP/1.") || line[8] != ' ' ||
      !AllDigits(std::string_view(line).substr(9, 3)) || (line.size() > 12 && line[12] != ' ')) {
    response.end = Message::End::nonsense;
    return response;
  }
  response.minor_version = line[7] - '0';
  response.status = std::stoi(line.substr(9, 3));
  if (request_method == "HEAD" || response.status < 200 || response.status == 204 ||
      response.status == 304) {
    response.end = Message::End::whole;
  } else {
    ReadBody(response, true, deadline.left());
  }
  return response;
}

Message MessageReader::ReadRequestHead(milliseconds timeout) {
  Message request;
  ReadHead(request, Deadline(timeout));
  return request;
}

Message MessageReader::ReadRequest(milliseconds timeout) {
  const Deadline deadline(timeout);
  Message request = ReadRequestHead(timeout);
  if (!request.start_line.empty()) ReadBody(request, false, deadline.left());
  return request;
}

}  // namespace balancer::e2e
