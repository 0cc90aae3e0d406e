#include "internal/server/health_checker.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <event2/dns.h>

#include "internal/server/health_check.hpp"

namespace balancer::server {

void HealthChecker::DnsDeleter::operator()(evdns_base* dns) const {
  evdns_base_free(dns, 1);
}

HealthChecker::HealthChecker(Loop& loop, service::PoolService& backends,
                             upstream::AddressBook& addresses, milliseconds period)
    : loop_(loop),
      backends_(backends),
      addresses_(addresses),
      period_(period),
      dns_(evdns_base_new(loop.base(), EVDNS_BASE_DISABLE_WHEN_INACTIVE)),
      shared_(loop),
      first_round_left_(backends.size()) {
  if (!dns_) {
    throw std::system_error(errno, std::generic_category(), "cannot set up name look-ups");
  }
  // Without a resolv.conf, or with an empty one, there are still addresses and /etc/hosts.
  evdns_base_resolv_conf_parse(dns_.get(), DNS_OPTIONS_ALL, "/etc/resolv.conf");
  for (std::size_t i = 0; i < backends.size(); ++i) {
    checks_.push_back(std::make_unique<HealthCheck>(*this, i));
  }
}

HealthChecker::~HealthChecker() = default;

void HealthChecker::Start(std::function<void()> on_first_round) {
  on_first_round_ = std::move(on_first_round);
  for (auto& check : checks_) check->Run();
}

void HealthChecker::CheckSoon(std::size_t backend) {
  loop_.Post([this, backend] { checks_[backend]->Run(); });
}

void HealthChecker::OnCheckEnded(std::size_t backend, bool first, bool passed,
                                 std::string_view reason) {
  backends_.ReportCheck(backend, passed, reason);
  if (first && --first_round_left_ == 0) on_first_round_();
}

milliseconds HealthChecker::NextDelay(std::size_t backend, bool first) const {
  if (!first) return period_;
  return period_ * static_cast<milliseconds::rep>(backend + 1) /
         static_cast<milliseconds::rep>(backends_.size());
}

}  // namespace balancer::server
