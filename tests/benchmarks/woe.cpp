// WOE binning of 10,000,000 rows × 40 features in one pass. Codes are made by hash, block by block, so that the data
// take no memory; their making is timed apart. Run it alone or through slurm/launch RANKS.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "features/woe_table.hpp"
#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"
#include "parallel/partition.hpp"
#include "parallel/random.hpp"

namespace {

using namespace proffer;
using Clock = std::chrono::steady_clock;

constexpr std::size_t width = 40;
constexpr std::size_t block = 8192;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Codes and labels of the rows first …; the event rate rises with the first features.
void make(std::uint64_t first, std::size_t rows, std::vector<std::uint8_t>& codes, std::vector<std::uint8_t>& labels) {
  codes.resize(rows * width);
  labels.resize(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t f = 0; f < width; f += 8) {
      const std::uint64_t bits = parallel::random_bits(1, first + r, f);
      for (std::size_t k = 0; k < 8; ++k) codes[r * width + f + k] = static_cast<std::uint8_t>(bits >> (8 * k));
    }
    const double risk = static_cast<double>(codes[r * width] + codes[r * width + 1]) / 510;
    labels[r] = parallel::to_unit_interval(parallel::random_bits(2, first + r, 0)) < 0.02 + 0.1 * risk ? 1 : 0;
  }
}

void run(const parallel::Communicator& comm, std::uint64_t rows) {
  const parallel::RowRange range = parallel::part_of(rows, comm.rank(), comm.size(), block);
  features::CodeCounter counter(width);
  std::vector<std::uint8_t> codes, labels;
  double making = 0, counting = 0;
  for (std::uint64_t first = range.begin; first < range.end; first += block) {
    const auto start = Clock::now();
    make(first, static_cast<std::size_t>(std::min<std::uint64_t>(block, range.end - first)), codes, labels);
    making += seconds_since(start);
    const auto made = Clock::now();
    counter.add(codes, labels);
    counting += seconds_since(made);
  }
  const auto counted = Clock::now();
  const auto counts = counter.over_ranks(comm);
  std::vector<float> cuts;
  for (int i = 1; i < 255; ++i) cuts.push_back(static_cast<float>(i));
  std::vector<features::WoeSource> sources;
  for (std::size_t f = 0; f < width; ++f) sources.push_back({"f" + std::to_string(f), cuts, {}});
  const std::vector<features::WoeRules> rules(width);
  const auto bins = features::bin_features(comm, sources, counts, rules);
  const double searching = parallel::max_over_ranks(comm, seconds_since(counted));
  making = parallel::max_over_ranks(comm, making);
  counting = parallel::max_over_ranks(comm, counting);
  std::uint64_t sum = 0;
  for (const auto& bin : bins[0].bins) sum += bin.count.rows;
  if (comm.rank() != 0) return;
  fmt::print(
      "{} rows x {} features, {} ranks: counting {:.2f} s, search for bins {:.2f} s, {:.1f} M rows/s "
      "(making the codes {:.2f} s); bins hold {} rows, IV of the first {:.6f}\n",
      rows, width, comm.size(), counting, searching, static_cast<double>(rows) / (counting + searching) / 1e6, making,
      sum, bins[0].iv);
}

}  // namespace

int main(int argc, char** argv) {
  parallel::Session session(argc, argv);
  run(session.world(), argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000);
}
