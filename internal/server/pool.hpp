#pragma once

#include <memory>
#include <vector>

namespace balancer::server {

// Objects that are used again and again, with the memory they hold: as many as there were in use at
// once. One thread.
template <typename T>
class Pool {
 public:
  // One that nobody uses; made from `arguments` where there is none.
  template <typename... Arguments>
  T& Take(Arguments&... arguments) {
    if (free_.empty()) {
      all_.push_back(std::make_unique<T>(arguments...));
      free_.push_back(all_.back().get());
    }
    T& taken = *free_.back();
    free_.pop_back();
    return taken;
  }
  void GiveBack(T& object) { free_.push_back(&object); }

 private:
  std::vector<std::unique_ptr<T>> all_;
  std::vector<T*> free_;
};

}  // namespace balancer::server
