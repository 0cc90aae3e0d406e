#include "test-backend/request_reader.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace test_backend {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMaxLineBytes = 4096;  // in a chunked body

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool SameName(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(),
                    [](char x, char y) { return Lower(x) == y; });
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether a comma-separated list has that word.
bool Lists(std::string_view list, std::string_view lower_case) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (SameName(Trim(list.substr(0, comma)), lower_case)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Digits and nothing else.
bool ReadNumber(std::string_view text, int base, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

bool RequestReader::TakeExpectation() {
  const bool waits = expectation_ && state_ != State::head && at_ == input_.size();
  if (waits) expectation_ = false;
  return waits;
}

RequestReader::Progress RequestReader::Next() {
  if (error_status_ != 0) return Progress::bad;
  Progress progress = state_ == State::head ? ReadHead() : Progress::incomplete;
  if (state_ == State::body) progress = ReadBody();
  if (state_ > State::body) progress = ReadChunked();
  if (progress != Progress::bad && at_ > 0) {
    input_.erase(0, at_);
    at_ = 0;
  }
  return progress;
}

RequestReader::Progress RequestReader::Bad(int status) {
  error_status_ = status;
  return Progress::bad;
}

RequestReader::Progress RequestReader::Whole() {
  state_ = State::head;
  return Progress::whole;
}

RequestReader::Progress RequestReader::ReadHead() {
  while (std::string_view(input_).substr(at_, 2) == kLineEnd) at_ += 2;  // RFC 9112 §2.2
  const std::string_view input = std::string_view(input_).substr(at_);
  const auto end = input.find("\r\n\r\n");
  if (std::min(end, input.size()) > kMaxHeadBytes) return Bad(431);
  if (end == std::string_view::npos) return Progress::incomplete;

  const std::string_view head = input.substr(0, end + 2);
  const std::string_view line = head.substr(0, head.find(kLineEnd));
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last <= first + 1) return Bad(400);
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return Bad(version.substr(0, 5) == "HTTP/" ? 505 : 400);
  }
  method_ = line.substr(0, first);
  uri_ = line.substr(first + 1, last - first - 1);
  if (uri_.find(' ') != std::string::npos) return Bad(400);
  body_.clear();
  left_ = 0;
  has_length_ = chunked_ = expectation_ = false;
  keep_alive_ = version == "HTTP/1.1";
  if (const int status = ReadFields(head.substr(line.size() + 2)); status != 0) return Bad(status);

  at_ += end + 4;
  if (!chunked_ && left_ == 0) return Whole();
  state_ = chunked_ ? State::chunk_size : State::body;
  return Progress::incomplete;
}

int RequestReader::ReadFields(std::string_view lines) {
  while (!lines.empty()) {
    const auto end = lines.find(kLineEnd);
    const std::string_view line = lines.substr(0, end);
    const auto colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || line.find(' ') < colon) return 400;
    const int status = ReadField(line.substr(0, colon), Trim(line.substr(colon + 1)));
    if (status != 0) return status;
    lines.remove_prefix(end + 2);
  }
  return 0;
}

int RequestReader::ReadField(std::string_view name, std::string_view value) {
  if (SameName(name, "content-length")) {
    if (has_length_ || chunked_ || !ReadNumber(value, 10, left_)) return 400;
    has_length_ = true;
    if (left_ > kMaxBodyBytes) return 413;
  } else if (SameName(name, "transfer-encoding")) {
    if (has_length_ || chunked_) return 400;
    if (!SameName(value, "chunked")) return 501;
    chunked_ = true;
  } else if (SameName(name, "connection")) {
    if (Lists(value, "close")) keep_alive_ = false;
    if (Lists(value, "keep-alive")) keep_alive_ = true;
  } else if (SameName(name, "expect")) {
    expectation_ = SameName(value, "100-continue");
  }
  return 0;
}

RequestReader::Progress RequestReader::ReadBody() {
  if (input_.size() - at_ < left_) return Progress::incomplete;
  body_.assign(input_, at_, left_);
  at_ += left_;
  return Whole();
}

bool RequestReader::TakeLine(std::string_view& line) {
  const auto end = input_.find(kLineEnd, at_);
  if (end == std::string::npos) return false;
  line = std::string_view(input_).substr(at_, end - at_);
  at_ = end + 2;
  return true;
}

RequestReader::Progress RequestReader::ReadChunked() {
  for (;;) {
    if (state_ == State::chunk) {
      const std::size_t size = std::min<std::uint64_t>(left_, input_.size() - at_);
      body_.append(input_, at_, size);
      at_ += size;
      left_ -= size;
      if (left_ > 0) return Progress::incomplete;
      state_ = State::chunk_end;
    }
    std::string_view line;
    if (!TakeLine(line)) {
      return input_.size() - at_ > kMaxLineBytes ? Bad(400) : Progress::incomplete;
    }
    if (state_ == State::chunk_size) {
      if (!ReadNumber(Trim(line.substr(0, line.find(';'))), 16, left_)) return Bad(400);
      if (left_ > kMaxBodyBytes - body_.size()) return Bad(413);
      state_ = left_ > 0 ? State::chunk : State::trailer;
    } else if (state_ == State::chunk_end) {
      if (!line.empty()) return Bad(400);
      state_ = State::chunk_size;
    } else if (line.empty()) {
      return Whole();
    }
  }
}

}  // namespace test_backend
