#include <fstream>
#include <string>

#include "runs/run_directory.hpp"

namespace proffer::runs {

// getrusage would also count what the process was before exec, and cannot be reset.
std::uint64_t peak_memory_bytes() {
  std::ifstream status("/proc/self/status");
  std::string key;
  std::uint64_t kibibytes = 0;
  while (status >> key) {
    if (key == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    std::getline(status, key);
  }
  return 0;
}

void reset_peak_memory() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace proffer::runs
