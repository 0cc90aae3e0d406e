#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <event2/event.h>
#include <event2/http.h>

// What evhttp has read as one request.
struct EvhttpRequest {
  std::string method;
  std::string uri;  // the request target as it was sent
  int minor_version = 0;
  std::vector<std::pair<std::string, std::string>> fields;  // trailer fields too
  bool chunked = false;
  std::string body;
};

// A whole evhttp server of the system's libevent, fed through a UNIX-domain socket. Nothing waits:
// what is written is there, and the loop runs until the server has closed. One thread.
class EvhttpReader {
 public:
  EvhttpReader();

  // The requests that evhttp hands out from a connection that brings these bytes and then ends,
  // each answered with 200 at once.
  std::vector<EvhttpRequest> Read(std::string_view bytes);

 private:
  static void OnRequest(evhttp_request* request, void* self);

  std::unique_ptr<event_base, decltype(&event_base_free)> base_;
  std::unique_ptr<evhttp, decltype(&evhttp_free)> server_;
  std::string address_;  // a sockaddr_un, in Linux's abstract namespace
  std::vector<EvhttpRequest> requests_;
};
