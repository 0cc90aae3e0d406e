#include "tests/e2e/support/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>

namespace balancer::e2e {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (auto& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Ours, with `added` over it.
std::vector<std::string> Environment(const std::vector<std::string>& added) {
  std::vector<std::string> result = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view name_and_equals(*entry, std::string_view(*entry).find('=') + 1);
    bool replaced = false;
    for (const auto& addition : added) replaced |= addition.starts_with(name_and_equals);
    if (!replaced) result.emplace_back(*entry);
  }
  return result;
}

// The number after `name` in a /proc file of "Name:  123 kB" lines.
std::size_t Figure(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name);
  if (at == std::string::npos) throw std::runtime_error("no " + name + " in /proc");
  return std::stoul(text.substr(at + 1 + name.size()));
}

std::string ProcFile(pid_t pid, const std::string& name) {
  return ReadFile("/proc/" + std::to_string(pid) + "/" + name);
}

}  // namespace

Process::Process(std::vector<std::string> command, ProcessOptions options) {
  const std::string log = (dir_.path() / "log").string();
  const std::string directory =
      options.directory.empty() ? dir_.path().string() : options.directory;
  auto environment = Environment(options.environment);
  auto argv = Pointers(command);
  auto envp = Pointers(environment);
  const pid_t parent = getpid();

  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ > 0) return;

  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  for (int fd = 3; fd < 256; ++fd) close(fd);
  if (options.open_files != 0) {
    const rlimit limit{options.open_files, options.open_files};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (chdir(directory.c_str()) == 0) execvpe(argv[0], argv.data(), envp.data());
  _exit(127);
}

Process::~Process() {
  if (!running()) return;
  Signal(SIGKILL);
  Wait();
}

bool Process::running() {
  return !Wait(0ms).has_value();
}

void Process::Signal(int signal) const {
  if (!exit_) kill(pid_, signal);
}

std::optional<int> Process::Wait(milliseconds timeout) {
  const auto ended = [this] {
    if (exit_) return true;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return true;
  };
  Eventually(ended, timeout);
  return exit_;
}

std::string Process::Log() const {
  return ReadFile(dir_.path() / "log");
}

std::size_t Process::ResidentBytes() const {
  return Figure(ProcFile(pid_, "smaps_rollup"), "Rss:") * 1024;
}

std::size_t Process::OpenFiles() const {
  std::size_t count = 0;
  const auto fds = std::filesystem::path("/proc") / std::to_string(pid_) / "fd";
  for (auto entry = std::filesystem::directory_iterator(fds); entry != end(entry); ++entry) {
    ++count;
  }
  return count;
}

std::size_t Process::Threads() const {
  return Figure(ProcFile(pid_, "status"), "Threads:");
}

milliseconds Process::CpuTime() const {
  const std::string stat = ProcFile(pid_, "stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int i = 3; i < 14; ++i) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return milliseconds((user + system) * 1000 / sysconf(_SC_CLK_TCK));
}

Finished Run(std::vector<std::string> command, ProcessOptions options, milliseconds timeout) {
  const std::string name = command.front();
  Process process(std::move(command), std::move(options));
  const auto exit_code = process.Wait(timeout);
  if (!exit_code) throw std::runtime_error(name + " does not end; it said: " + process.Log());
  return {*exit_code, process.Log()};
}

}  // namespace balancer::e2e
