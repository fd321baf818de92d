#include "allocation/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "allocation/core.hpp"
#include "allocation/dual.hpp"
#include "foundation/error.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::allocation {
namespace {

/// Collective. Exact uses of the limits, then the exact value.
std::vector<parallel::ExactSum> exact_sums(const parallel::Communicator& comm, const PairStore& store,
                                           const std::vector<std::int32_t>& choice) {
  const std::size_t limits = store.rules->limits.size();
  std::vector<parallel::ExactSum> sums(limits + 1);
  for (std::size_t i = 0; i < store.rows(); ++i) {
    if (choice[i] < 0) continue;
    const std::size_t p = store.find(i, choice[i]);
    expects(p != no_pair, "a chosen offer is eligible");
    sums[limits].add(store.value[p]);
    for (std::size_t k = 0; k < limits; ++k)
      if (const double use = store.use(k, i, p); use != 0) sums[k].add(use);
  }
  parallel::all_reduce(comm, std::span(sums));
  return sums;
}

}  // namespace

void finish(const parallel::Communicator& comm, const PairStore& store, const Options& options, bool found,
            Solution& solution) {
  Certificate& certificate = solution.certificate;
  for (double& price : solution.multipliers) price += 0.0;  // no negative zeros
  const auto sums = exact_sums(comm, store, solution.choice);
  certificate.value = sums.back().rounded();
  certificate.gap = (certificate.bound - certificate.value) / std::max(1.0, std::abs(certificate.bound));
  bool all_hold = true;
  for (std::size_t k = 0; k < store.rules->limits.size(); ++k) {
    const Limit& limit = store.rules->limits[k];
    const bool holds = within(limit, sums[k]);
    all_hold = all_hold && holds;
    certificate.limits.push_back(
        {limit.name, limit.sense, limit.bound, limit.tolerance, sums[k].rounded(), holds, solution.multipliers[k]});
  }
  if (certificate.status == Status::infeasible) return;
  expects(!found || all_hold, "a choice that was accepted holds every limit");
  if (found) {
    certificate.status = certificate.gap <= options.gap_tolerance ? Status::certified : Status::feasible;
  } else {
    certificate.status = Status::not_found;
    certificate.explanation = "no choice within the limits was found, and none was ruled out";
  }
}

Explanation explain_rows(const PairStore& store, const Solution& solution, std::size_t first, std::size_t count) {
  Explanation explanation;
  const Prices prices(store, solution.multipliers);
  const bool none_allowed = store.rules->choose == Choose::at_most_one;
  std::array<double, max_offers> reduced;
  for (std::size_t i = first; i < first + count; ++i) {
    const std::size_t n = prices.reduced_values(i, 1.0, reduced);
    const std::int32_t chosen = solution.choice[i];
    double own = 0.0, best = -infinity;
    std::int32_t runner_up = -1;
    if (none_allowed && chosen >= 0) best = 0.0;
    for (std::size_t c = 0; c < n; ++c) {
      const std::int32_t offer = store.offer[store.first[i] + c];
      if (offer == chosen) {
        own = reduced[c];
      } else if (reduced[c] > best) {
        best = reduced[c];
        runner_up = offer;
      }
    }
    explanation.reduced_value.push_back(own);
    explanation.runner_up.push_back(runner_up);
    explanation.runner_up_reduced.push_back(best);
  }
  return explanation;
}

}  // namespace proffer::allocation
