#include "internal/server/metrics/process_stats.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <system_error>

namespace balancer::server::metrics {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::optional<std::size_t> CountEntries(const char* directory) {
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  std::size_t count = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error) return std::nullopt;
  return count;
}

// The number behind this word at the start of a line of /proc/stat; 0: there is none.
double SystemStat(const std::string& name) {
  std::ifstream file("/proc/stat");
  std::string word;
  for (std::string line; file >> word; std::getline(file, line)) {
    double value = 0;
    if (word == name && file >> value) return value;
  }
  return 0;
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  stats.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);

  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  std::ifstream("/proc/self/statm") >> stats.virtual_bytes >> stats.resident_bytes;
  stats.virtual_bytes *= page;
  stats.resident_bytes *= page;

  stats.open_fds = CountEntries("/proc/self/fd");
  if (stats.open_fds) --*stats.open_fds;  // the one that counts
  stats.threads = CountEntries("/proc/self/task");
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  stats.max_fds = limit.rlim_cur == RLIM_INFINITY ? std::numeric_limits<double>::infinity()
                                                  : static_cast<double>(limit.rlim_cur);
  return stats;
}

double ReadProcessStartTime() {
  std::ifstream file("/proc/self/stat");
  std::string stat{std::istreambuf_iterator<char>(file), {}};
  // The program's name, in brackets, may hold anything; the start is the 20th field behind it.
  std::size_t at = stat.rfind(')');
  for (int i = 0; i < 20 && at != std::string::npos; ++i) at = stat.find(' ', at + 1);
  const double booted = SystemStat("btime");
  if (at == std::string::npos || booted == 0) return 0;
  return booted +
         std::strtod(stat.c_str() + at, nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace balancer::server::metrics
