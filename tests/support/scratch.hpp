// A directory for the files of one test, the same on every rank, removed afterwards.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::test {

/// Collective, also when destroyed.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "proffer_test_XXXXXX").string();
    if (world().is_root() && ::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no scratch directory");
    path_ = parallel::broadcast(world(), name);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    parallel::barrier(world());
    std::error_code ignored;
    if (world().is_root()) std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The bytes of a file.
inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace proffer::test
