#pragma once

#include <filesystem>
#include <string>

namespace balancer::e2e {

// A directory of the test's own, removed with all that is in it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes a file in it; its full path.
  std::string Write(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

// "" where there is no such file.
std::string ReadFile(const std::filesystem::path& path);

}  // namespace balancer::e2e
