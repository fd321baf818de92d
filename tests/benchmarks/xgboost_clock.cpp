// Preloaded into a training, says at its end how many seconds XGBoost's own rounds took, so that the rest can be told:
//   LD_PRELOAD=build/release/libxgboost_clock.so proffer train ...
#include <dlfcn.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace {

struct Total {
  std::chrono::steady_clock::duration time{};
  std::uint64_t rounds = 0;
  ~Total() {
    if (rounds > 0)
      std::fprintf(stderr, "xgboost: %llu rounds in %.2f s\n", static_cast<unsigned long long>(rounds),
                   std::chrono::duration<double>(time).count());
  }
} total;

/// Calls the library's own function of this name and adds its time.
template <class... Arguments>
int timed(const char* name, Arguments... arguments) {
  using Function = int (*)(Arguments...);
  const auto function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  const auto start = std::chrono::steady_clock::now();
  const int result = function(arguments...);
  total.time += std::chrono::steady_clock::now() - start;
  ++total.rounds;
  return result;
}

}  // namespace

extern "C" {
// XGBoost 1.7 and 2.0; 2.1 and later.
int XGBoosterBoostOneIter(void* booster, void* matrix, float* gradient, float* curvature, std::uint64_t rows) {
  return timed("XGBoosterBoostOneIter", booster, matrix, gradient, curvature, rows);
}
int XGBoosterTrainOneIter(void* booster, void* matrix, int round, const char* gradient, const char* curvature) {
  return timed("XGBoosterTrainOneIter", booster, matrix, round, gradient, curvature);
}
}
