// Groups of rows that share links, day by day: bench_links ROWS DAYS, alone or through slurm/launch RANKS. Each row has
// three links, drawn by hash from two numbers per three rows, so that one group soon holds most rows: the hard case.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "links/row_links.hpp"
#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"
#include "parallel/partition.hpp"
#include "parallel/random.hpp"

namespace {

using namespace proffer;
using Clock = std::chrono::steady_clock;

links::LinkedRows make(const parallel::Communicator& comm, std::uint64_t rows, std::uint64_t days) {
  const parallel::RowRange mine = parallel::part_of(rows, comm.rank(), comm.size());
  const std::uint64_t numbers = std::max<std::uint64_t>(1, rows * 2 / 3);
  links::LinkedRows made;
  made.kinds = 3;
  for (std::uint64_t r = mine.begin; r < mine.end; ++r) {
    parallel::RandomStream random(1, r, "bench.links");
    made.as_of.push_back(static_cast<std::int32_t>(20000101 + random.below(days)));
    for (std::size_t kind = 0; kind < made.kinds; ++kind) made.links.push_back(1 + random.below(numbers));
    made.fraud_known.push_back(random.uniform() < 0.01 ? made.as_of.back() + 1 : 0);
  }
  return made;
}

void run(const parallel::Communicator& comm, std::uint64_t rows, std::uint64_t days) {
  const links::LinkedRows made = make(comm, rows, days);
  parallel::barrier(comm);
  const auto start = Clock::now();
  const links::RowLinks found = links::find_links(comm, made);
  const double seconds = parallel::max_over_ranks(comm, std::chrono::duration<double>(Clock::now() - start).count());
  std::uint64_t largest = 0, checksum = 0;
  for (std::size_t i = 0; i < found.component.size(); ++i) {
    largest = std::max<std::uint64_t>(largest, found.component[i]);
    checksum += found.component[i] + 3 * found.component_frauds[i] + 7 * found.sharing_frauds[i];
  }
  parallel::all_reduce_max(comm, std::span<std::uint64_t>(&largest, 1));
  checksum = parallel::sum_over_ranks(comm, checksum);
  if (comm.rank() == 0)
    fmt::print("{} rows, {} links, {} days, {} ranks: {:.2f} s, {:.2f} M links/s; largest group {}, checksum {}\n",
               rows, 3 * rows, days, comm.size(), seconds, static_cast<double>(3 * rows) / seconds / 1e6, largest,
               checksum);
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  const auto number = [&](int at, std::uint64_t fallback) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : fallback;
  };
  run(session.world(), number(1, 1'000'000), std::max<std::uint64_t>(1, number(2, 24)));
}
