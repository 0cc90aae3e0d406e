#include "test-backend/echo_server.hpp"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <system_error>

#include "test-backend/echo.hpp"

namespace test_backend {
namespace {

constexpr ev_ssize_t kMaxHeadBytes = 64 * 1024;
constexpr ev_ssize_t kMaxBodyBytes = 64 * 1024 * 1024;
constexpr int kBacklog = 1024;

struct MethodName {
  evhttp_cmd_type method;
  std::string_view name;
};
constexpr MethodName kMethods[] = {
    {EVHTTP_REQ_GET, "GET"},     {EVHTTP_REQ_POST, "POST"},       {EVHTTP_REQ_HEAD, "HEAD"},
    {EVHTTP_REQ_PUT, "PUT"},     {EVHTTP_REQ_DELETE, "DELETE"},   {EVHTTP_REQ_OPTIONS, "OPTIONS"},
    {EVHTTP_REQ_TRACE, "TRACE"}, {EVHTTP_REQ_CONNECT, "CONNECT"}, {EVHTTP_REQ_PATCH, "PATCH"},
};

constexpr ev_uint16_t AllMethods() {
  ev_uint16_t all = 0;
  for (const auto& known : kMethods) all |= known.method;
  return all;
}

std::string_view NameOf(evhttp_cmd_type method) {
  const auto* found = std::find_if(std::begin(kMethods), std::end(kMethods),
                                   [&](const auto& known) { return known.method == method; });
  return found == std::end(kMethods) ? "" : found->name;
}

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Base = std::unique_ptr<event_base, Deleter<event_base_free>>;
using Http = std::unique_ptr<evhttp, Deleter<evhttp_free>>;
using Signal = std::unique_ptr<event, Deleter<event_free>>;
using Listener = std::unique_ptr<evconnlistener, Deleter<evconnlistener_free>>;
using Addresses = std::unique_ptr<addrinfo, Deleter<freeaddrinfo>>;

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};

std::optional<HostPort> ParseHostPort(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;

  std::string_view host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (host.empty()) return std::nullopt;
  if (host == "localhost")
    host = "127.0.0.1";  // RFC 6761 §6.3; not every machine has it in its hosts
  return HostPort{std::string(host), port};
}

std::uint16_t PortOf(evutil_socket_t socket) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  return storage.ss_family == AF_INET6
             ? ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port)
             : ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

tl::expected<Listener, std::string> Bind(event_base* base, const HostPort& where) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* raw = nullptr;
  const int failure =
      getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &hints, &raw);
  if (failure != 0) return tl::unexpected<std::string>(gai_strerror(failure));

  const Addresses addresses(raw);
  Listener listener(evconnlistener_new_bind(
      base, nullptr, nullptr, LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE,
      kBacklog, raw->ai_addr, static_cast<int>(raw->ai_addrlen)));
  if (!listener) return tl::unexpected(std::system_category().message(errno));
  return listener;
}

// evhttp leaves the body of a HEAD or TRACE on the connection, where it would be taken for the
// next request.
bool HasUnreadBody(evhttp_request* request) {
  const auto method = evhttp_request_get_command(request);
  if (method != EVHTTP_REQ_HEAD && method != EVHTTP_REQ_TRACE) return false;
  evkeyvalq* fields = evhttp_request_get_input_headers(request);
  return evhttp_find_header(fields, "Content-Length") != nullptr ||
         evhttp_find_header(fields, "Transfer-Encoding") != nullptr;
}

void Send(evhttp_request* request, const Reply& reply) {
  evkeyvalq* fields = evhttp_request_get_output_headers(request);
  evhttp_add_header(fields, "Content-Type", "application/json");
  // evhttp itself gives none to the answer of a CONNECT.
  evhttp_add_header(fields, "Content-Length", std::to_string(reply.body.size()).c_str());
  if (HasUnreadBody(request)) evhttp_add_header(fields, "Connection", "close");
  // What is in the buffer evhttp sends, even in answer to a HEAD.
  if (evhttp_request_get_command(request) != EVHTTP_REQ_HEAD) {
    evbuffer* body = evhttp_request_get_output_buffer(request);
    evbuffer_add(body, reply.body.data(), reply.body.size());
  }
  evhttp_send_reply(request, reply.status, nullptr, nullptr);
}

bool IsHealthCheck(evhttp_request* request) {
  const auto method = evhttp_request_get_command(request);
  const std::string_view uri = evhttp_request_get_uri(request);
  return (method == EVHTTP_REQ_GET || method == EVHTTP_REQ_HEAD) &&
         uri.substr(0, uri.find('?')) == "/health";
}

void Answer(evhttp_request* request, void* address) {
  if (IsHealthCheck(request)) return Send(request, {200, R"({"status":"ok"})"});

  evbuffer* input = evhttp_request_get_input_buffer(request);
  const std::size_t length = evbuffer_get_length(input);
  const auto* body = reinterpret_cast<const char*>(evbuffer_pullup(input, -1));
  Send(request, Echo({*static_cast<const std::string*>(address),
                      NameOf(evhttp_request_get_command(request)), evhttp_request_get_uri(request),
                      length == 0 ? std::string_view() : std::string_view(body, length)}));
}

void Stop(evutil_socket_t, short, void* base) {
  event_base_loopbreak(static_cast<event_base*>(base));
}

}  // namespace

// Freed from the bottom up: the base outlives what is registered with it.
struct EchoServer::Impl {
  std::string address;
  Base base;
  Signal terminate;
  Signal interrupt;
  Http http;
};

EchoServer::EchoServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
EchoServer::EchoServer(EchoServer&&) noexcept = default;
EchoServer& EchoServer::operator=(EchoServer&&) noexcept = default;
EchoServer::~EchoServer() = default;

tl::expected<EchoServer, std::string> EchoServer::Listen(std::string_view host_port) {
  const auto fail = [&](std::string_view why) {
    return tl::unexpected(fmt::format("cannot listen on '{}': {}", host_port, why));
  };
  const auto where = ParseHostPort(host_port);
  if (!where) return fail("it must look like 127.0.0.1:8081 or [::1]:8081");

  auto impl = std::make_unique<Impl>();
  impl->base.reset(event_base_new());
  impl->http.reset(evhttp_new(impl->base.get()));
  impl->terminate.reset(evsignal_new(impl->base.get(), SIGTERM, Stop, impl->base.get()));
  impl->interrupt.reset(evsignal_new(impl->base.get(), SIGINT, Stop, impl->base.get()));
  evsignal_add(impl->terminate.get(), nullptr);
  evsignal_add(impl->interrupt.get(), nullptr);

  auto listener = Bind(impl->base.get(), *where);
  if (!listener) return fail(listener.error());
  const auto port = PortOf(evconnlistener_get_fd(listener->get()));
  impl->address = fmt::format("{}:{}", host_port.substr(0, host_port.rfind(':')), port);

  evhttp* http = impl->http.get();
  evhttp_set_allowed_methods(http, AllMethods());
  evhttp_set_max_headers_size(http, kMaxHeadBytes);
  evhttp_set_max_body_size(http, kMaxBodyBytes);
  evhttp_set_gencb(http, Answer, &impl->address);
  evhttp_bind_listener(http, listener->release());  // evhttp frees it
  return EchoServer(std::move(impl));
}

const std::string& EchoServer::address() const {
  return impl_->address;
}

void EchoServer::Run() {
  event_base_dispatch(impl_->base.get());
}

}  // namespace test_backend
