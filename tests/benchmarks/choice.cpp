// choice [ROWS [LIMITS [THREADS]]]: the allocation alone, on borrowers × 24 offers that are computed on the way by
// hash, so that the data take no memory. Prints seconds, CPU seconds and peak memory per rank, gap, and a hash of the
// choice.
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "allocation/population.hpp"
#include "parallel/collectives.hpp"
#include "parallel/communicator.hpp"
#include "parallel/partition.hpp"
#include "parallel/random.hpp"

namespace {

using namespace proffer;
using namespace proffer::allocation;

constexpr std::size_t offer_count = 24;
constexpr std::size_t quantity_count = 4;

/// Take-up falls with the price; value comes from amount, price and risk. Offer j: one of six amounts, four prices.
class Borrowers : public PairSource {
 public:
  Borrowers(std::uint64_t begin, std::uint64_t end) : begin_(begin), end_(end) {
    for (std::size_t j = 0; j < offer_count; ++j) {
      apr_[j] = 0.1 + 0.05 * static_cast<double>(j / 6);
      taken_[j] = std::exp(-4.0 * apr_[j]);
    }
  }
  [[nodiscard]] std::size_t rows() const override { return end_ - begin_; }
  [[nodiscard]] std::size_t offers() const override { return offer_count; }
  [[nodiscard]] std::size_t quantities() const override { return quantity_count; }

  void visit(const Take& take, const Wanted& wanted) const override {
    constexpr std::size_t batch_rows = 2048;
    Batch batch;
    for (std::uint64_t row = begin_; row < end_; ++row) {
      if (!wanted || wanted(row + 1)) add(row, batch);
      if (batch.id.size() == batch_rows || (row + 1 == end_ && !batch.id.empty())) {
        take(view(batch));
        batch = {};
      }
    }
  }

 private:
  struct Batch {
    std::vector<std::uint64_t> id;
    std::vector<double> value;
    std::array<std::vector<double>, quantity_count> quantity;
  };

  static PairBatch view(const Batch& batch) {
    PairBatch pairs;
    pairs.rows = batch.id.size();
    pairs.id = batch.id;
    pairs.value = batch.value;
    for (const auto& quantity : batch.quantity) pairs.quantities.emplace_back(quantity);
    return pairs;
  }

  void add(std::uint64_t row, Batch& batch) const {
    // One hash for the borrower, one for the noise of three offers each.
    std::uint64_t bits = mix64(row ^ 0x62656e6368ULL);
    const auto uniform = [&bits] {
      const double x = static_cast<double>(bits & 0x1fffff) * 0x1p-21;
      bits >>= 21;
      return x;
    };
    const double u = uniform();
    const double risk = 0.01 + 0.2 * u * u * u, appetite = 0.02 + 0.3 * uniform(), income = 1 + 4 * uniform();
    batch.id.push_back(row + 1);
    for (std::size_t j = 0; j < offer_count; ++j) {
      if (j % 3 == 0) bits = mix64(row * offer_count + j);
      const double amount = 1000.0 * static_cast<double>(1 + j % 6) * income / 3;
      const double p = appetite * taken_[j] * (0.8 + 0.4 * uniform()), pd = risk * (1 + apr_[j]);
      batch.quantity[0].push_back(p);
      batch.quantity[1].push_back(p * amount);
      batch.quantity[2].push_back(p * pd * 0.6 * amount);
      batch.quantity[3].push_back(p * (pd - 0.05));
      batch.value.push_back(p * amount * (apr_[j] * (1 - pd) - 0.6 * pd - 0.03) - 1.0);
    }
  }

  std::uint64_t begin_, end_;
  std::array<double, offer_count> apr_{}, taken_{};
};

std::vector<double> only(std::size_t begin, std::size_t end) {
  std::vector<double> weight(offer_count, 0.0);
  for (std::size_t j = begin; j < end; ++j) weight[j] = 1.0;
  return weight;
}

/// The first ten limits leave some room; with twenty, most of them bind.
Rules rules_for(double n, std::size_t limits) {
  const auto most = Sense::at_most, least = Sense::at_least;
  const double tight = limits > 10 ? 1.0 : 0.0;
  const auto either = [&](double loose, double narrow) { return n * (loose + tight * (narrow - loose)); };
  Rules rules;
  rules.limits = {{"contacts", most, std::floor(either(0.06, 0.036)), 0, unit_quantity, {}},
                  {"exposure", most, either(40, 18), 0, 1, {}},
                  {"loss", most, either(0.25, 0.14), 0, 2, {}},
                  {"average pd", most, either(-0.00014, -0.00012), 0, 3, {}},
                  {"channel a", most, std::floor(0.005 * n), 0, unit_quantity, only(18, 24)},
                  {"channel b", most, std::floor(either(0.1, 0.0014)), 0, unit_quantity, only(12, 18)},
                  {"minimum c", least, std::floor(0.02 * n), 0, unit_quantity, only(0, 6)},
                  {"takers", most, either(0.0045, 0.0033), 0, 0, {}},
                  {"exposure d", most, 6 * n, 0, 1, only(12, 24)},
                  {"product count", least, either(0.001, 0.0016), 0, 0, only(6, 12)},
                  {"contacts e", most, std::floor(0.0005 * n), 0, unit_quantity, only(22, 24)},
                  {"exposure f", least, 0.02 * n, 0, 1, only(5, 8)},
                  {"loss g", most, 0.013 * n, 0, 2, only(15, 20)},
                  {"contacts h", most, std::floor(0.0012 * n), 0, unit_quantity, only(17, 18)},
                  {"exposure i", most, 0.5 * n, 0, 1, only(23, 24)},
                  {"contacts j", most, std::floor(0.003 * n), 0, unit_quantity, only(10, 13)},
                  {"minimum k", least, std::floor(0.01 * n), 0, unit_quantity, only(3, 4)},
                  {"loss l", most, 0.095 * n, 0, 2, only(0, 12)},
                  {"takers m", least, 0.00002 * n, 0, 0, only(18, 20)},
                  {"contacts n", least, std::floor(0.0003 * n), 0, unit_quantity, only(20, 21)}};
  rules.limits.resize(std::min(limits, rules.limits.size()));
  return rules;
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}
double peak_megabytes() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  const parallel::Session session(argc, argv);
  const parallel::Communicator comm = session.world();
  const auto number = [&](int at, std::uint64_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  const std::uint64_t rows = number(1, 1'000'000), limits = number(2, 10);
  const auto part = parallel::part_of(rows, comm.rank(), comm.size());
  const Borrowers borrowers(part.begin, part.end);
  Options options;
  options.threads = static_cast<int>(number(3, 1));
  const auto begin = std::chrono::steady_clock::now();
  Population population(comm, borrowers, rules_for(static_cast<double>(rows), limits), options);
  const Solution solution = population.solve();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  std::uint64_t hash = 0, offered = 0;
  for (std::size_t i = 0; i < solution.choice.size(); ++i) {
    hash += mix64((part.begin + i) * 31 + static_cast<std::uint64_t>(solution.choice[i] + 1));
    offered += solution.choice[i] >= 0;
  }
  hash = parallel::sum_over_ranks(comm, hash);
  offered = parallel::sum_over_ranks(comm, offered);
  const std::uint64_t kept = parallel::sum_over_ranks(comm, population.pairs_kept());
  const double cpu = parallel::max_over_ranks(comm, cpu_seconds());
  const double memory = parallel::max_over_ranks(comm, peak_megabytes());
  if (!comm.is_root()) return 0;
  const Certificate& certificate = solution.certificate;
  std::printf(
      "%llu rows, %zu limits, %d ranks, %d threads: %.2f s, %.2f CPU s and %.0f MB per rank\n"
      "  %s, gap %.3g, value %.17g, bound %.17g; %llu offered; %llu windows and passes, %llu nodes, %llu readings, "
      "%.2f pairs kept per row; choice %016llx\n",
      static_cast<unsigned long long>(rows), certificate.limits.size(), comm.size(), options.threads, seconds, cpu,
      memory, std::string(to_string(certificate.status)).c_str(), certificate.gap, certificate.value, certificate.bound,
      static_cast<unsigned long long>(offered), static_cast<unsigned long long>(certificate.passes),
      static_cast<unsigned long long>(certificate.search_nodes), static_cast<unsigned long long>(population.readings()),
      static_cast<double>(kept) / static_cast<double>(rows), static_cast<unsigned long long>(hash));
  if (!certificate.explanation.empty()) std::printf("  %s\n", certificate.explanation.c_str());
  for (const LimitReport& limit : certificate.limits)
    std::printf("  %-14s limit %-12.8g use %-12.8g shadow price %.6g%s\n", limit.name.c_str(), limit.limit, limit.use,
                limit.shadow_price, limit.holds ? "" : " BROKEN");
}
