#include <catch2/catch.hpp>

#include "tests/e2e/support/balancer.hpp"

// Issue "bad input": malformed, oversized and conflicting requests. Each gets a clear error, the
// connection is closed where nobody can know where the next request begins, and no backend sees
// anything of it.

using namespace balancer::e2e;

namespace {

// Sends the bytes on a connection of their own; the mistake in what follows, or "".
std::string MistakeAfter(const Balancer& balancer, const std::string& bytes,
                         const std::vector<int>& statuses) {
  auto client = balancer.Connect();
  client.Send(bytes);
  const auto response = client.Receive("GET");
  if (std::find(statuses.begin(), statuses.end(), response.status) == statuses.end()) {
    return "status " + std::to_string(response.status) + ": " + response.raw;
  }
  const auto mistake = ProblemMistake(response, response.status);
  if (!mistake.empty()) return mistake;
  if (!client.ClosedByServer()) return "the connection stays open, or there is more";
  return "";
}

const std::string kHost = "Host: example.com\r\n";
const std::string kEnd = "\r\n";
// What a mistaken reader would take for a second request.
const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("a malformed request is 400") {
  const std::string nul(1, '\0');
  const std::string get = "GET / HTTP/1.1\r\n";
  const std::string bytes = GENERATE_COPY(
      as<std::string>(),
      // Request lines.
      "nonsense\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n" /* HTTP/0.9 */,
      "GET / \r\n" + kHost + kEnd, "GET  / HTTP/1.1\r\n" + kHost + kEnd,
      "GET /  HTTP/1.1\r\n" + kHost + kEnd, "GET / HTTP/1.1 \r\n" + kHost + kEnd,
      " GET / HTTP/1.1\r\n" + kHost + kEnd, "GET\t/\tHTTP/1.1\r\n" + kHost + kEnd,
      "GET /a b HTTP/1.1\r\n" + kHost + kEnd, "GET /a\tb HTTP/1.1\r\n" + kHost + kEnd,
      "GET /a\x01 HTTP/1.1\r\n" + kHost + kEnd, "GET /a\x7F HTTP/1.1\r\n" + kHost + kEnd,
      "GET /" + nul + " HTTP/1.1\r\n" + kHost + kEnd, "GET a HTTP/1.1\r\n" + kHost + kEnd,
      "G(T / HTTP/1.1\r\n" + kHost + kEnd, "GET / http/1.1\r\n" + kHost + kEnd,
      "GET / HTTP/1.1x\r\n" + kHost + kEnd, "GET / HTTP/11\r\n" + kHost + kEnd,
      "GET / FTP/1.1\r\n" + kHost + kEnd, "GET / HTTP/+1.1\r\n" + kHost + kEnd,
      // Hosts.
      get + kEnd, get + kHost + kHost + kEnd, get + "Host: a\r\nHost: b\r\n\r\n",
      get + "Host: a b\r\n\r\n", get + "Host: a,b\r\n\r\n", get + "Host: user@a\r\n\r\n",
      get + "Host: a/b\r\n\r\n", get + "Host: a:port\r\n\r\n",
      "GET http://other.example/ HTTP/1.1\r\n" + kHost + kEnd,
      // Fields.
      get + kHost + "No colon\r\n\r\n", get + kHost + ": no name\r\n\r\n",
      get + kHost + "X A: b\r\n\r\n", get + kHost + "X-A : b\r\n\r\n",
      get + " Host: example.com\r\n\r\n", get + kHost + "X-A: b\r\n folded\r\n\r\n",
      get + kHost + "X-A: b\r\n\tfolded\r\n\r\n", get + kHost + "X-A: b" + nul + "\r\n\r\n",
      get + kHost + "X-A: b\x01\r\n\r\n", get + kHost + "X-A: b\x7F\r\n\r\n",
      get + kHost + "X-A: b\rc\r\n\r\n", get + kHost + "X(A): b\r\n\r\n",
      get + kHost + "X-\xC3\xA9: b\r\n\r\n", get + kHost + "X" + nul + ": b\r\n\r\n",
      "GET / HTTP/1.1\n" + kHost + kEnd, get + "Host: example.com\n\n");
  INFO(bytes);
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.header", "3s"));
  CHECK(MistakeAfter(balancer, bytes, {400}) == "");
  CHECK(backend.request_count() == 0);
}

TEST_CASE("a body framed in two ways, or in none that can be read, is 400 and the end") {
  const std::string post = "POST / HTTP/1.1\r\n" + kHost;
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const std::string bytes = GENERATE_COPY(
      as<std::string>(), post + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n" + kSmuggled,
      post + chunked + "Content-Length: 5\r\n\r\n0\r\n\r\n" + kSmuggled,
      post + "Content-Length: 0\r\nContent-Length: 37\r\n\r\n" + kSmuggled,
      post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
      post + "Content-Length: 4, 4\r\n\r\nbody", post + "Content-Length: +5\r\n\r\nhello",
      post + "Content-Length: -5\r\n\r\nhello", post + "Content-Length: 0x5\r\n\r\nhello",
      post + "Content-Length: 5 \x0B\r\n\r\nhello", post + "Content-Length: 5a\r\n\r\nhello",
      post + "Content-Length: 5 5\r\n\r\nhello", post + "Content-Length:\r\n\r\n" + kSmuggled,
      post + "Content-Length: 18446744073709551621\r\n\r\nhello",
      post + "Content-Length: 5.0\r\n\r\nhello", post + chunked + chunked + "\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
      post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.0\r\n" + kHost + chunked + "\r\n0\r\n\r\n" + kSmuggled,
      post + chunked + "\r\nnonsense\r\n", post + chunked + "\r\n-1\r\n",
      post + chunked + "\r\n+1\r\na\r\n0\r\n\r\n", post + chunked + "\r\n0x1\r\na\r\n0\r\n\r\n",
      post + chunked + "\r\n1 \r\na\r\n0\r\n\r\n", post + chunked + "\r\n\r\n1\r\na\r\n0\r\n\r\n",
      post + chunked + "\r\n1\r\nab\r\n0\r\n\r\n", post + chunked + "\r\n1\na\n0\n\n",
      post + chunked + "\r\n10000000000000001\r\na\r\n0\r\n\r\n");
  INFO(bytes);
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  CHECK(MistakeAfter(balancer, bytes, {400}) == "");
  for (const auto& seen : backend.requests()) {
    CHECK(seen.start_line.find("smuggled") == std::string::npos);
  }
}

TEST_CASE("a transfer coding that we do not know is 501") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string coding : {"gzip, chunked", "identity", "xchunked", "deflate"}) {
    INFO(coding);
    CHECK(MistakeAfter(balancer,
                       "POST / HTTP/1.1\r\n" + kHost + "Transfer-Encoding: " + coding +
                           "\r\n\r\n0\r\n\r\n" + kSmuggled,
                       {501}) == "");
  }
  CHECK(backend.request_count() == 0);
}

TEST_CASE("another version of HTTP is refused, HTTP/2's preface too") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string& bytes :
       {std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "GET / HTTP/2.0\r\n" + kHost + kEnd,
        "GET / HTTP/3.0\r\n" + kHost + kEnd, "GET / HTTP/0.9\r\n" + kHost + kEnd}) {
    INFO(bytes);
    CHECK(MistakeAfter(balancer, bytes, {400, 505}) == "");
  }
  CHECK(backend.request_count() == 0);
}

TEST_CASE("TLS at the door is no reason to hang") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend).Set("server.timeouts.header", "500ms"));
  auto client = balancer.Connect();
  client.Send(std::string("\x16\x03\x01\x00\xA5\x01\x00\x00\xA1\x03\x03", 11));
  const auto response = client.Receive();
  CHECK((response.status == 0 || response.status == 400 || response.status == 408));
  CHECK(client.ClosedByServer());
}

TEST_CASE("a HEAD, GET or TRACE with a body smuggles nothing") {
  ScriptedBackend backend([](Message& request, Peer& peer) {
    const bool head = request.start_line.starts_with("HEAD");
    peer.Send(head ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" : Ok());
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string method : {"HEAD", "GET", "TRACE"}) {
    for (const bool chunked : {false, true}) {
      INFO(method << (chunked ? " chunked" : ""));
      auto client = balancer.Connect();
      client.Send(method + " / HTTP/1.1\r\n" + kHost +
                  (chunked ? "Transfer-Encoding: chunked\r\n\r\n" + Chunked(kSmuggled)
                           : "Content-Length: " + std::to_string(kSmuggled.size()) + "\r\n\r\n" +
                                 kSmuggled));
      const auto response = client.Receive(method);
      CHECK(response.status >= 200);
      if (response.status == 200) {
        CHECK(backend.last_request().body == kSmuggled);
      } else {
        CHECK(client.ClosedByServer());
      }
    }
  }
  for (const auto& seen : backend.requests()) {
    CHECK(seen.start_line.find("smuggled") == std::string::npos);
  }
}

TEST_CASE("heads over their limits are 431, targets over theirs 414; within them they pass") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  const std::string get = "GET / HTTP/1.1\r\n" + kHost;
  const auto fields = [](int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "X-" + std::to_string(i) + ": v\r\n";
    return lines;
  };
  CHECK(MistakeAfter(balancer, get + fields(100) + kEnd, {431}) == "");
  CHECK(MistakeAfter(balancer, get + "X-Long: " + std::string(33'000, 'x') + "\r\n\r\n", {431}) ==
        "");
  INFO("refused while it is still coming");
  CHECK(MistakeAfter(balancer, get + "X-Long: " + std::string(200'000, 'x'), {431}) == "");
  CHECK(MistakeAfter(balancer, "GET /" + std::string(8192, 'x') + " HTTP/1.1\r\n" + kHost + kEnd,
                     {414}) == "");
  CHECK(MistakeAfter(balancer, "GET /" + std::string(200'000, 'x'), {414, 431}) == "");
  CHECK(backend.request_count() == 0);

  CHECK(balancer.Get("/", fields(99)).status == 200);
  CHECK(balancer.Get("/", "X-Long: " + std::string(32'000, 'x') + "\r\n").status == 200);
  CHECK(balancer.Get("/" + std::string(8191, 'x')).status == 200);
  CHECK(backend.request_count() == 3);
}

TEST_CASE("the limits on heads are those of the configuration") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig()
                        .Backend(backend)
                        .Set("server.header_bytes", "2000")
                        .Set("server.header_count", "10")
                        .Set("server.uri_bytes", "100"));
  CHECK(balancer.Get("/" + std::string(99, 'x')).status == 200);
  CHECK(balancer.Get("/" + std::string(100, 'x')).status == 414);
  CHECK(balancer.Get("/", "X: " + std::string(1800, 'x') + "\r\n").status == 200);
  CHECK(balancer.Get("/", "X: " + std::string(2000, 'x') + "\r\n").status == 431);
}

TEST_CASE("what is bad on the public listener is bad on the admin listener") {
  ScriptedBackend backend(Ok());
  Balancer balancer(BalancerConfig().Backend(backend));
  for (const std::string& bytes :
       {std::string("nonsense\r\n\r\n"), "GET /healthz HTTP/1.1\r\n" + kHost + kHost + kEnd,
        "GET /limits/get HTTP/1.1\r\n" + kHost + "Content-Length: +5\r\n\r\nhello"}) {
    INFO(bytes);
    HttpClient client(balancer.admin_port());
    client.Send(bytes);
    CHECK(ProblemMistake(client.Receive(), 400) == "");
    CHECK(client.ClosedByServer());
  }
  const std::string large(8'000'000, ' ');
  CHECK(balancer.Admin("POST", "/limits/create", "", large).status == 413);
}

TEST_CASE("a good request before a bad one is answered first") {
  ScriptedBackend backend([](Message&, Peer& peer) {
    std::this_thread::sleep_for(100ms);
    peer.Send(Ok());
  });
  Balancer balancer(BalancerConfig().Backend(backend));
  auto client = balancer.Connect();
  client.Send("GET / HTTP/1.1\r\n" + kHost + kEnd + "nonsense\r\n\r\n");
  CHECK(client.Receive().status == 200);
  CHECK(ProblemMistake(client.Receive(), 400) == "");
  CHECK(client.ClosedByServer());
}
