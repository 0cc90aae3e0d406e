// The program as others start it: flags, signals, and HTTP over a raw socket.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr int kDeadlineMs = 30'000;  // sanitizers are slow with 20 MB of JSON

// One read, "" at the end. Fails the test when nothing comes in time.
std::string ReadSome(int fd) {
  pollfd ready{fd, POLLIN, 0};
  REQUIRE(poll(&ready, 1, kDeadlineMs) == 1);
  char buffer[4096];
  const ssize_t count = read(fd, buffer, sizeof buffer);
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "";
}

std::string ReadToEnd(int fd) {
  std::string all;
  for (std::string some = ReadSome(fd); !some.empty(); some = ReadSome(fd)) all += some;
  return all;
}

// A running test-backend; killed and reaped at the end if it still runs.
class TestBackend {
 public:
  // `environment`: "NAME=value", added to ours.
  explicit TestBackend(std::vector<std::string> flags, const char* environment = nullptr) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    flags.insert(flags.begin(), "test-backend");
    std::vector<char*> argv;
    for (auto& flag : flags) argv.push_back(flag.data());
    argv.push_back(nullptr);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      if (environment != nullptr) putenv(const_cast<char*>(environment));
      dup2(ends[1], STDOUT_FILENO);
      dup2(ends[1], STDERR_FILENO);
      execv(TEST_BACKEND_PROGRAM, argv.data());
      _exit(127);
    }
    close(ends[1]);
    output_ = ends[0];
  }
  TestBackend(const TestBackend&) = delete;
  TestBackend& operator=(const TestBackend&) = delete;
  ~TestBackend() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    close(output_);
  }

  std::string ReadLine() {
    std::string line;
    while (line.empty() || line.back() != '\n') {
      const std::string some = ReadSome(output_);
      REQUIRE(!some.empty());
      line += some;
    }
    return line;
  }

  // "127.0.0.1:8081", from the line printed at the start.
  std::string ReadAddress() {
    const std::string line = ReadLine();
    const std::string start = "listening on ";
    REQUIRE(line.rfind(start, 0) == 0);
    return line.substr(start.size(), line.size() - start.size() - 1);
  }

  void Signal(int number) { REQUIRE(kill(pid_, number) == 0); }

  struct Exit {
    int code;
    std::string output;
  };
  Exit WaitForExit() {
    Exit result{-1, ReadToEnd(output_)};
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    if (WIFEXITED(status)) result.code = WEXITSTATUS(status);
    return result;
  }

 private:
  pid_t pid_ = 0;
  int output_ = -1;
};

int Connect(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  REQUIRE(inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) == 1);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return fd;
}

// Closes it as a client does that is killed.
void Reset(int fd) {
  const linger reset{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
}

// Sends the bytes, and returns all that comes until the server closes.
std::string Exchange(const std::string& address, const std::string& bytes) {
  const int fd = Connect(address);
  REQUIRE(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  std::string answer = ReadToEnd(fd);
  close(fd);
  return answer;
}

std::string Request(const std::string& method, const std::string& path,
                    const std::string& body = "") {
  return method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
         (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
         body;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("The address printed is the one that answers and the one in the echo") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string address = backend.ReadAddress();
  CHECK(!Has(address, ":0"));
  const std::string answer = Exchange(address, Request("GET", "/a?b=%20c"));
  CHECK(Has(answer, "HTTP/1.1 200 "));
  CHECK(Has(answer, "Content-Type: application/json\r\n"));
  CHECK(Has(answer, R"({"server_address":")" + address +
                        R"(","http_method":"GET","request_uri":"/a?b=%20c","your_message":null})"));
}

TEST_CASE("A name is shown as it was told") {
  TestBackend backend({"--host-port", "localhost:0"});
  const std::string address = backend.ReadAddress();
  REQUIRE(address.rfind("localhost:", 0) == 0);
  const std::string answer =
      Exchange("127.0.0.1" + address.substr(address.rfind(':')), Request("GET", "/"));
  CHECK(Has(answer, R"("server_address":")" + address + '"'));
}

TEST_CASE("Every method is echoed with its body") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string address = backend.ReadAddress();
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string answer = Exchange(address, Request(method, "/x", R"({"n":1})"));
    CHECK(Has(answer, "HTTP/1.1 200 "));
    CHECK(Has(answer, std::string(R"("http_method":")") + method));
    CHECK(Has(answer, R"("your_message":{"n":1}})"));
  }
  CHECK(Has(Exchange(address, Request("TRACE", "/x")), R"("http_method":"TRACE")"));
  CHECK(Has(Exchange(address, Request("CONNECT", "h:1")),
            R"("http_method":"CONNECT","request_uri":"h:1")"));
}

TEST_CASE("HEAD gets the head alone") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string answer = Exchange(backend.ReadAddress(), Request("HEAD", "/x"));
  CHECK(Has(answer, "HTTP/1.1 200 "));
  CHECK(Has(answer, "Content-Length: "));
  CHECK(answer.substr(answer.size() - 4) == "\r\n\r\n");
}

TEST_CASE("The body of a HEAD or TRACE is not taken for a request") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string address = backend.ReadAddress();
  for (const std::string method : {"HEAD", "TRACE"}) {
    const std::string smuggled = Request("GET", "/smuggled");
    const std::string answer = Exchange(
        address,
        method + " / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(smuggled.size()) +
            "\r\n\r\n" + smuggled + Request("GET", "/next"));
    CHECK(Has(answer, "HTTP/1.1 400 "));
    CHECK(Has(answer, R"("request_uri":"/next")"));
    CHECK(!Has(answer, "/smuggled"));
  }
}

TEST_CASE("A connection serves many requests") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string answer =
      Exchange(backend.ReadAddress(),
               "POST /one HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
               "1\r\n1\r\n1\r\n7\r\n0\r\n\r\n" +
                   Request("GET", "/two"));
  CHECK(Has(answer, R"("request_uri":"/one","your_message":17})"));
  CHECK(Has(answer, R"("request_uri":"/two")"));
}

TEST_CASE("What is no JSON, or too big, is refused") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string address = backend.ReadAddress();
  const std::string answer = Exchange(address, Request("POST", "/", "{"));
  CHECK(Has(answer, "HTTP/1.1 400 "));
  CHECK(Has(answer, "Content-Type: application/json\r\n"));
  CHECK(Has(answer, R"({"error":")"));
  CHECK(Has(Exchange(address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"),
            "HTTP/1.1 413 "));
}

TEST_CASE("A client that asks whether to send its body is told to") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const int fd = Connect(backend.ReadAddress());
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n";
  REQUIRE(write(fd, head.data(), head.size()) == static_cast<ssize_t>(head.size()));
  CHECK(ReadSome(fd) == "HTTP/1.1 100 Continue\r\n\r\n");
  REQUIRE(write(fd, "17", 2) == 2);
  CHECK(Has(ReadToEnd(fd), R"("your_message":17})"));
  close(fd);
}

TEST_CASE("An answer larger than what a socket takes arrives whole") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  std::string large = "\"";
  large.append(20'000'000, 'x') += '"';
  CHECK(Has(Exchange(backend.ReadAddress(), Request("POST", "/", large)),
            R"("your_message":)" + large + "}"));
}

TEST_CASE("It is healthy") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string address = backend.ReadAddress();
  CHECK(Has(Exchange(address, Request("GET", "/health")), "HTTP/1.1 200 "));
  CHECK(Has(Exchange(address, Request("GET", "/healthy")), R"("request_uri":"/healthy")"));
}

TEST_CASE("A ping is answered after its delay, not before") {
  const bool by_flag = GENERATE(true, false);
  std::vector<std::string> flags = {"--host-port", "127.0.0.1:0"};
  if (by_flag) flags.insert(flags.end(), {"--ping-delay", "200ms"});
  TestBackend backend(flags, by_flag ? nullptr : "PING_DELAY_MS=200");
  const std::string address = backend.ReadAddress();
  const auto start = Clock::now();
  CHECK(Has(Exchange(address, Request("GET", "/ping/?n=1")), "HTTP/1.1 200 "));
  CHECK(Clock::now() - start >= 200ms);
  CHECK(Has(Exchange(address, Request("GET", "/ping")), R"("request_uri":"/ping")"));
  CHECK(Has(Exchange(address, Request("POST", "/ping/")), R"("request_uri":"/ping/")"));
}

TEST_CASE("Pings of many connections wait side by side, those of one connection in turn") {
  TestBackend backend({"--host-port", "127.0.0.1:0", "--ping-delay", "200ms"});
  const std::string address = backend.ReadAddress();
  const std::string two = "GET /ping/ HTTP/1.1\r\nHost: x\r\n\r\n" + Request("GET", "/ping/");
  const auto start = Clock::now();
  std::vector<int> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(Connect(address));
    REQUIRE(write(clients.back(), two.data(), two.size()) == static_cast<ssize_t>(two.size()));
  }
  for (const int fd : clients) {
    const std::string answers = ReadToEnd(fd);
    CHECK(answers.find("HTTP/1.1 200 ") != answers.rfind("HTTP/1.1 200 "));
    close(fd);
  }
  CHECK(Clock::now() - start >= 400ms);
  CHECK(Clock::now() - start < 20s);  // one after the other they take 80
}

TEST_CASE("Who has the descriptor of a client that left is not given its answer") {
  TestBackend backend({"--host-port", "127.0.0.1:0", "--ping-delay", "300ms"});
  const std::string address = backend.ReadAddress();
  const std::string ping = Request("GET", "/ping/");
  const auto echo = [&] { return Exchange(address, Request("GET", "/x")); };
  // The one that stays is first in the queue, so that the other's place in it outlives its client.
  const int stays = Connect(address);
  REQUIRE(write(stays, ping.data(), ping.size()) == static_cast<ssize_t>(ping.size()));
  CHECK(Has(echo(), "HTTP/1.1 200 "));  // so the ping has been read
  const int leaves = Connect(address);
  REQUIRE(write(leaves, ping.data(), ping.size()) == static_cast<ssize_t>(ping.size()));
  CHECK(Has(echo(), "HTTP/1.1 200 "));
  Reset(leaves);
  const auto left = Clock::now();
  while (Clock::now() < left + 50ms) CHECK(Has(echo(), "HTTP/1.1 200 "));

  const auto start = Clock::now();
  CHECK(Has(Exchange(address, ping), R"({"status":"ok"})"));
  CHECK(Clock::now() - start >= 300ms);
  CHECK(Has(ReadToEnd(stays), R"({"status":"ok"})"));
  close(stays);
}

TEST_CASE("A delay that is none is a clear error") {
  for (const char* delay : {"", "fast", "-1ms", "200m", "1h", "99999999999999999999"}) {
    TestBackend backend({"--host-port", "127.0.0.1:0", "--ping-delay", delay});
    const auto exit = backend.WaitForExit();
    CHECK(exit.code != 0);
    CHECK(Has(exit.output, "--ping-delay"));
  }
}

TEST_CASE("SIGTERM and SIGINT end it well, whoever is connected") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const int client = Connect(backend.ReadAddress());
  backend.Signal(signal);
  CHECK(backend.WaitForExit().code == 0);
  close(client);
}

TEST_CASE("A client that leaves before its answer does no harm") {
  TestBackend backend({"--host-port", "127.0.0.1:0"});
  const std::string address = backend.ReadAddress();
  for (int i = 0; i < 20; ++i) {
    const int fd = Connect(address);
    const std::string bytes = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    CHECK(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    Reset(fd);
  }
  CHECK(Has(Exchange(address, Request("GET", "/")), "HTTP/1.1 200 "));
}

TEST_CASE("The address may come from the environment, and the flag goes first") {
  TestBackend by_environment({}, "HOST_PORT=127.0.0.1:0");
  CHECK(Has(by_environment.ReadAddress(), "127.0.0.1:"));
  TestBackend by_flag({"--host-port", "127.0.0.1:0"}, "HOST_PORT=nonsense");
  CHECK(Has(by_flag.ReadAddress(), "127.0.0.1:"));
}

TEST_CASE("An address that cannot be had is a clear error") {
  TestBackend first({"--host-port", "127.0.0.1:0"});
  const std::string taken = first.ReadAddress();
  const std::vector<std::string> addresses = {
      taken,        "nonsense", "127.0.0.1", "127.0.0.1:65536",
      "127.0.0.1:", ":8081",    "::1:8081",  "192.0.2.1:8081"};
  for (const auto& address : addresses) {
    TestBackend second({"--host-port", address});
    const auto exit = second.WaitForExit();
    CHECK(exit.code == 1);
    CHECK(Has(exit.output, "cannot listen on '" + address + "': "));
  }
}
