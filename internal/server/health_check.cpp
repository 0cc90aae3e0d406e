#include "internal/server/health_check.hpp"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include <event2/dns.h>
#include <event2/util.h>
#include <fmt/format.h>

#include "internal/http/parser.hpp"

namespace balancer::server {

namespace {

// A backend that cannot be connected to is checked again after this, if its turn is not sooner: it
// costs little, and a restart is seen early.
constexpr milliseconds kConnectRetry{900};

}  // namespace

HealthCheck::HealthCheck(HealthChecker& checker, std::size_t backend)
    : checker_(checker),
      backend_(backend),
      settings_(checker.backends_.settings(backend)),
      timeout_(checker.loop_,
               [this] {
                 connected_ ? End(false, "the health check timed out")
                            : EndAndRepeat(false, "connecting timed out", kConnectRetry);
               }),
      next_(checker.loop_, [this] { Run(); }) {}

HealthCheck::~HealthCheck() {
  if (look_up_) evdns_getaddrinfo_cancel(look_up_);
}

void HealthCheck::Run() {
  if (running_) {
    run_again_ = true;
    return;
  }
  running_ = true;
  connected_ = false;
  in_.clear();
  timeout_.Start(settings_.health.timeout);
  LookUp();
}

void HealthCheck::LookUp() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = EVUTIL_AI_NUMERICSERV;
  const std::string port = std::to_string(settings_.port);
  // Calls back within this call for numeric addresses and for names in /etc/hosts; returns nullptr
  // then.
  look_up_ = evdns_getaddrinfo(
      checker_.dns_.get(), settings_.host.c_str(), port.c_str(), &hints,
      [](int error, addrinfo* found, void* self) {
        static_cast<HealthCheck*>(self)->OnAddresses(error, found);
      },
      this);
}

void HealthCheck::OnAddresses(int error, addrinfo* found) {
  if (error == EVUTIL_EAI_CANCEL) return;  // the check is over, and perhaps this too
  look_up_ = nullptr;
  addresses_.clear();
  for (const addrinfo* a = found; a; a = a->ai_next) {
    upstream::SocketAddress address;
    std::memcpy(&address.storage, a->ai_addr, a->ai_addrlen);
    address.length = static_cast<socklen_t>(a->ai_addrlen);
    addresses_.push_back(address);
  }
  if (found) evutil_freeaddrinfo(found);
  std::ranges::reverse(addresses_);
  ConnectToNext("its name cannot be looked up");
}

void HealthCheck::ConnectToNext(std::string_view reason_of_last) {
  int error = 0;
  std::string reason(reason_of_last);
  while (!addresses_.empty()) {
    address_ = addresses_.back();
    addresses_.pop_back();
    connection_ = std::make_unique<Connection>(checker_.shared_);
    error = connection_->Connect(address_.get(), address_.length, *this);
    if (error == 0) return;
    if (IsOwnShortage(error) && !first_) return Postpone();
    reason = fmt::format("connect: {}", std::strerror(error));
  }
  EndAndRepeat(false, reason, kConnectRetry);
}

void HealthCheck::OnConnectFailed(Connection&, int error) {
  ConnectToNext(fmt::format("connect: {}", std::strerror(error)));
}

void HealthCheck::OnConnected(Connection& connection) {
  connected_ = true;
  checker_.addresses_.Set(backend_, address_);
  connection.out().Append(fmt::format(
      "{} {}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: balancer-health-check\r\n"
      "Connection: close\r\n\r\n",
      settings_.health.method, settings_.base_path, settings_.health.path, settings_.authority));
  connection.Flush();
}

void HealthCheck::OnData(Connection&, std::string_view bytes) {
  in_.append(bytes);
  http::ResponseHead head;
  while (true) {
    const auto result = http::ParseResponseHead(in_, {}, settings_.health.method, head);
    if (result.status == http::ParseResult::Status::incomplete) return;
    if (result.status == http::ParseResult::Status::error) {
      return End(false, "its answer is no valid response");
    }
    if (head.status >= 200) break;
    in_.erase(0, result.head_bytes);
  }
  const bool expected = settings_.health.expect.Contains(head.status);
  End(expected, fmt::format("it answered {}", head.status));
}

void HealthCheck::OnClosed(Connection&, int error) {
  End(false, error == 0 ? "it closed the connection without an answer"
                        : fmt::format("read: {}", std::strerror(error)));
}

void HealthCheck::End(bool passed, std::string_view reason) {
  EndAndRepeat(passed, reason, checker_.NextDelay(backend_, first_));
}

void HealthCheck::EndAndRepeat(bool passed, std::string_view reason, milliseconds next) {
  const std::string kept(reason);  // may look into what goes now
  Stop();
  next_.Start(std::min(next, checker_.NextDelay(backend_, first_)));
  checker_.OnCheckEnded(backend_, std::exchange(first_, false), passed, kept);
  if (std::exchange(run_again_, false)) next_.Start(milliseconds(0));
}

void HealthCheck::Postpone() {
  Stop();
  next_.Start(kConnectRetry);
}

void HealthCheck::Stop() {
  connection_.reset();
  addresses_.clear();
  timeout_.Stop();
  if (look_up_) evdns_getaddrinfo_cancel(std::exchange(look_up_, nullptr));
  running_ = false;
}

}  // namespace balancer::server
