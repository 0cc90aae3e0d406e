#include "tests/e2e/support/load.hpp"

#include <optional>
#include <stdexcept>

#include "tests/e2e/support/http_client.hpp"

namespace balancer::e2e {

int LoadResult::total() const {
  int sum = 0;
  for (const auto& [status, count] : statuses) sum += count;
  return sum;
}

Load::Load(std::uint16_t port, LoadOptions options) : options_(std::move(options)) {
  for (int i = 0; i < options_.connections; ++i) {
    threads_.emplace_back([this, port] { Run(port); });
  }
}

LoadResult Load::Finish() {
  if (options_.requests == 0) stopping_ = true;
  for (auto& thread : threads_) thread.join();
  threads_.clear();
  return so_far();
}

LoadResult Load::so_far() const {
  const std::lock_guard lock(mu_);
  return result_;
}

bool Load::WaitForMore(int count) const {
  const int before = so_far().total();
  return Eventually([&] { return so_far().total() >= before + count; });
}

void Load::Run(std::uint16_t port) {
  std::optional<HttpClient> client;
  while (!stopping_ && (options_.requests == 0 || started_++ < options_.requests)) {
    Response response;
    try {
      if (!client) client.emplace(port);
      response = client->Get("/", options_.fields);
    } catch (const std::runtime_error& refused) {
      response.raw = refused.what();
    }
    const bool ends = !response.whole() || response.Field("Connection") == "close";
    if (ends) client.reset();
    const std::lock_guard lock(mu_);
    ++result_.statuses[response.whole() ? response.status : 0];
    const auto server = JsonMember(response.body, "server_address");
    if (!server.empty()) ++result_.by_server[server];
    if (response.status != 200 && result_.first_failure.empty()) {
      result_.first_failure = response.raw.empty() ? "nothing came" : response.raw;
    }
  }
}

}  // namespace balancer::e2e
