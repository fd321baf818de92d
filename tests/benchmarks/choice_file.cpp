// choice_file FILE [THREADS]: the choice of an allocation problem's file, in memory by then: first the bound of the
// linear relaxation alone, then everything to the list and its certificate. Prints one line of JSON with seconds and
// CPU seconds of both, for choice_peer.py.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "allocation/population.hpp"
#include "combine/problem_file.hpp"
#include "parallel/communicator.hpp"

namespace {

using namespace proffer;

/// Seconds by the wall and of the processor since it was made.
class Clock {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_).count();
  }
  [[nodiscard]] double cpu_seconds() const {
    return static_cast<double>(std::clock() - cpu_) / static_cast<double>(CLOCKS_PER_SEC);
  }

 private:
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
  std::clock_t cpu_ = std::clock();
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const parallel::Session session(argc, argv);
  const parallel::Communicator comm = session.world();
  std::uint64_t rows = 0;
  const combine::ProblemPart part = combine::read_problem(argv[1], comm.rank(), comm.size(), rows);
  allocation::Options options;
  options.threads = argc > 2 ? std::atoi(argv[2]) : 1;

  options.node_limit = 0;
  const Clock bound_clock;
  const double bound = allocation::Population(comm, part.source, part.rules, options).solve().certificate.relaxed_bound;
  const double bound_seconds = bound_clock.seconds(), bound_cpu = bound_clock.cpu_seconds();

  options.node_limit = allocation::Options().node_limit;
  const Clock list_clock;
  const allocation::Certificate list = allocation::solve(comm, part.source, part.rules, options).certificate;
  if (!comm.is_root()) return 0;
  std::printf(
      "{\"bound\": %.17g, \"bound_seconds\": %.6f, \"bound_cpu\": %.6f, \"value\": %.17g, \"gap\": %.3g, "
      "\"list_seconds\": %.6f, \"list_cpu\": %.6f, \"nodes\": %llu}\n",
      bound, bound_seconds, bound_cpu, list.value, list.gap, list_clock.seconds(), list_clock.cpu_seconds(),
      static_cast<unsigned long long>(list.search_nodes));
  return 0;
}
