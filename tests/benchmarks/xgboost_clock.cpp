// Preloaded into a training, says at its end how many seconds XGBoost's own rounds took, and the building of its
// matrices, so that the rest can be told:
//   LD_PRELOAD=build/release/libxgboost_clock.so proffer train ...
#include <dlfcn.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

namespace {

struct Total {
  const char* what;
  std::chrono::steady_clock::duration time{};
  std::uint64_t calls = 0;
  ~Total() {
    if (calls > 0)
      std::fprintf(stderr, "xgboost: %llu %s in %.2f s\n", static_cast<unsigned long long>(calls), what,
                   std::chrono::duration<double>(time).count());
  }
};
Total rounds{"rounds"}, matrices{"matrices"};

/// Calls the library's own function of this name and adds its time.
template <class... Arguments>
int timed(Total& total, const char* name, Arguments... arguments) {
  using Function = int (*)(Arguments...);
  const auto function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
  const auto start = std::chrono::steady_clock::now();
  const int result = function(arguments...);
  total.time += std::chrono::steady_clock::now() - start;
  ++total.calls;
  return result;
}

}  // namespace

extern "C" {
// XGBoost 1.7 and 2.0; 2.1 and later.
int XGBoosterBoostOneIter(void* booster, void* matrix, float* gradient, float* curvature, std::uint64_t rows) {
  return timed(rounds, "XGBoosterBoostOneIter", booster, matrix, gradient, curvature, rows);
}
int XGBoosterTrainOneIter(void* booster, void* matrix, int round, const char* gradient, const char* curvature) {
  return timed(rounds, "XGBoosterTrainOneIter", booster, matrix, round, gradient, curvature);
}
int XGQuantileDMatrixCreateFromCallback(void* batches, void* proxy, void* reference, void* reset, void* next,
                                        const char* config, void** matrix) {
  return timed(matrices, "XGQuantileDMatrixCreateFromCallback", batches, proxy, reference, reset, next, config, matrix);
}
}
