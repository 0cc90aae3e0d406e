#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/support/deadline.hpp"
#include "tests/e2e/support/temp_dir.hpp"

namespace balancer::e2e {

struct ProcessOptions {
  std::vector<std::string> environment{};  // "NAME=value", added to ours
  std::string directory{};                 // to run in; empty: the log's temporary directory
  std::size_t open_files = 0;              // RLIMIT_NOFILE, soft and hard; 0: as ours
};

// A program started by a test. Its output goes to a file. It is killed with this object, and by the
// kernel if the test dies first. REQUIRES: started and waited for on the main thread.
class Process {
 public:
  Process(std::vector<std::string> command, ProcessOptions options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  bool running();
  void Signal(int signal) const;
  // The exit code, or minus the signal that killed it. nullopt: it still runs.
  std::optional<int> Wait(milliseconds timeout = kPatience);
  // Standard output and error together, so far.
  std::string Log() const;
  bool LogHas(const std::string& text) const { return Log().find(text) != std::string::npos; }

  // From /proc; REQUIRES: running.
  std::size_t ResidentBytes() const;
  std::size_t OpenFiles() const;
  std::size_t Threads() const;
  milliseconds CpuTime() const;  // user and system

 private:
  TempDir dir_;
  pid_t pid_ = -1;
  std::optional<int> exit_;
};

// Runs a program to its end.
struct Finished {
  int exit_code;
  std::string output;
};
Finished Run(std::vector<std::string> command, ProcessOptions options = {},
             milliseconds timeout = kPatience);

}  // namespace balancer::e2e
