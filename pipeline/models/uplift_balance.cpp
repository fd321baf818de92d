#include "models/uplift_balance.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluation/stability.hpp"
#include "features/binning.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

constexpr std::size_t codes = 256;  // the last: missing

/// Rows by input and code.
using Histogram = std::vector<std::uint64_t>;

std::vector<Histogram> histograms(const parallel::Communicator& comm, const UpliftRows& rows) {
  const std::size_t inputs = rows.all.inputs.size();
  std::vector<Histogram> by_arm(rows.arms.size(), Histogram(inputs * codes));
  for (std::size_t i = 0; i < rows.rows(); ++i)
    for (std::size_t f = 0; f < inputs; ++f) ++by_arm[rows.arm[i]][f * codes + rows.all.rows.codes[i * inputs + f]];
  for (Histogram& histogram : by_arm) parallel::all_reduce_sum(comm, std::span<std::uint64_t>(histogram));
  return by_arm;
}

/// Group of each code, so that about ten hold as many rows each.
std::vector<std::size_t> groups_of(std::span<const std::uint64_t> rows) {
  std::uint64_t all = 0, in_group = 0;
  for (const std::uint64_t count : rows.first(codes - 1)) all += count;
  std::vector<std::size_t> group(codes);
  std::size_t at = 0;
  for (std::size_t code = 0; code + 1 < codes; ++code) {
    group[code] = at;
    in_group += rows[code];
    if (in_group * 10 >= all) {
      ++at;
      in_group = 0;
    }
  }
  group[codes - 1] = at + 1;
  return group;
}

Histogram grouped(std::span<const std::uint64_t> rows, const std::vector<std::size_t>& group) {
  Histogram sums(group.back() + 1);
  for (std::size_t code = 0; code < codes; ++code) sums[group[code]] += rows[code];
  return sums;
}

/// P(X ≥ k) of a binomial with probability 0.05.
double chance_of(std::size_t n, std::size_t k) {
  constexpr double p = 0.05;
  double term = std::pow(1 - p, static_cast<double>(n)), below = 0;
  for (std::size_t i = 0; i < k; ++i) {
    below += term;
    term *= static_cast<double>(n - i) / static_cast<double>(i + 1) * (p / (1 - p));
  }
  return std::max(0.0, 1 - below);
}

}  // namespace

json arm_balance(const parallel::Communicator& comm, const UpliftRows& rows) {
  const std::vector<Histogram> by_arm = histograms(comm, rows);
  json above = json::array();
  std::size_t checked = 0;
  for (std::size_t a = 1; a < rows.arms.size(); ++a)
    for (std::size_t f = 0; f < rows.all.inputs.size(); ++f) {
      const auto of_input = [&](const Histogram& histogram) { return std::span(histogram).subspan(f * codes, codes); };
      const std::vector<std::size_t> group = groups_of(of_input(by_arm[0]));
      const evaluation::Stability moved =
          evaluation::stability(grouped(of_input(by_arm[0]), group), grouped(of_input(by_arm[a]), group));
      if (moved.bins < 2) continue;
      ++checked;
      if (moved.psi > moved.threshold)
        above.push_back({{"treatment", rows.arms[a]},
                         {"input", rows.all.inputs.names[f]},
                         {"psi", moved.psi},
                         {"threshold", moved.threshold}});
    }
  return {{"checked", checked},
          {"above_threshold", above.size()},
          {"probability", chance_of(checked, above.size())},
          {"inputs", above}};
}

}  // namespace proffer::models
