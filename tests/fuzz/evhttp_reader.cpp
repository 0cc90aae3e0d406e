#include "tests/fuzz/evhttp_reader.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>

#include <event2/buffer.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "tests/fuzz/fuzz.hpp"

namespace {

constexpr int kEveryMethod = EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
                             EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS | EVHTTP_REQ_TRACE |
                             EVHTTP_REQ_CONNECT | EVHTTP_REQ_PATCH;
constexpr int kMaxTurns = 1000;  // of the loop for closing a connection; more would be a hang

std::string MethodName(evhttp_cmd_type type) {
  switch (type) {
    case EVHTTP_REQ_GET:
      return "GET";
    case EVHTTP_REQ_POST:
      return "POST";
    case EVHTTP_REQ_HEAD:
      return "HEAD";
    case EVHTTP_REQ_PUT:
      return "PUT";
    case EVHTTP_REQ_DELETE:
      return "DELETE";
    case EVHTTP_REQ_OPTIONS:
      return "OPTIONS";
    case EVHTTP_REQ_TRACE:
      return "TRACE";
    case EVHTTP_REQ_CONNECT:
      return "CONNECT";
    case EVHTTP_REQ_PATCH:
      return "PATCH";
  }
  return "";
}

int NewSocket() {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  FUZZ_CHECK(fd >= 0);
  return fd;
}

// Throws away what has come. False: the other end has closed.
bool Drain(int fd) {
  char bytes[16 * 1024];
  ssize_t count = 0;
  while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0) {
  }
  return count < 0 && errno == EAGAIN;
}

}  // namespace

EvhttpReader::EvhttpReader()
    : base_(event_base_new(), &event_base_free), server_(evhttp_new(base_.get()), &evhttp_free) {
  evhttp_set_allowed_methods(server_.get(), kEveryMethod);
  evhttp_set_gencb(server_.get(), &EvhttpReader::OnRequest, this);

  const int listener = NewSocket();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(sa_family_t);  // the kernel picks a free abstract name
  FUZZ_CHECK(bind(listener, generic, size) == 0);
  size = sizeof address;
  FUZZ_CHECK(getsockname(listener, generic, &size) == 0);
  address_.assign(reinterpret_cast<const char*>(&address), size);
  FUZZ_CHECK(listen(listener, 16) == 0);
  FUZZ_CHECK(evhttp_accept_socket(server_.get(), listener) == 0);
}

std::vector<EvhttpRequest> EvhttpReader::Read(std::string_view bytes) {
  requests_.clear();
  const int client = NewSocket();
  const auto* const address = reinterpret_cast<const sockaddr*>(address_.data());
  FUZZ_CHECK(connect(client, address, static_cast<socklen_t>(address_.size())) == 0);
  FUZZ_CHECK(send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
             static_cast<ssize_t>(bytes.size()));
  // An end would have evhttp drop the requests that wait behind an answered one: it comes when
  // nothing moves any more.
  const std::size_t patience = 4 + bytes.size() / 1024;
  for (std::size_t still = 0; still < patience; ++still) {
    const std::size_t known = requests_.size();
    event_base_loop(base_.get(), EVLOOP_NONBLOCK);
    Drain(client);
    if (requests_.size() > known) still = 0;
  }
  FUZZ_CHECK(shutdown(client, SHUT_WR) == 0);
  for (int turns = 0; Drain(client); ++turns) {
    event_base_loop(base_.get(), EVLOOP_NONBLOCK);
    FUZZ_CHECK(turns < kMaxTurns);
  }
  close(client);
  return std::move(requests_);
}

void EvhttpReader::OnRequest(evhttp_request* request, void* self) {
  EvhttpRequest read;
  read.method = MethodName(evhttp_request_get_command(request));
  read.uri = evhttp_request_get_uri(request);
  read.minor_version = static_cast<unsigned char>(request->minor);
  read.chunked = request->chunked;
  for (const evkeyval* field = evhttp_request_get_input_headers(request)->tqh_first;
       field != nullptr; field = field->next.tqe_next) {
    read.fields.emplace_back(field->key, field->value);
  }
  evbuffer* const body = evhttp_request_get_input_buffer(request);
  read.body.resize(evbuffer_get_length(body));
  evbuffer_copyout(body, read.body.data(), read.body.size());
  static_cast<EvhttpReader*>(self)->requests_.push_back(std::move(read));
  evhttp_send_reply(request, 200, "OK", nullptr);
}
