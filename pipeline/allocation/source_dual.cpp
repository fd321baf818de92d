#include "allocation/source_dual.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "parallel/agreement.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::allocation {

SourceDual::SourceDual(const parallel::Communicator& comm, const PairSource& source, const Rules& rules,
                       const StoreDual& sample, double share, bool with_values)
    : comm_(comm),
      source_(source),
      rules_(rules),
      scale_(sample.multiplier_scale()),
      unit_(sample.value_scale() / share),
      with_values_(with_values) {
  for (const Limit& limit : rules.limits) ranges_.push_back(range_of(limit));
}

DualPoint SourceDual::evaluate(std::span<const double> lambda) {
  ++evaluations_;
  const std::size_t limits = ranges_.size();
  // Uses of the limits, then the best reduced values, then how large the numbers were that they came from.
  std::vector<parallel::ExactSum> sums(limits + 2);
  const double factor = with_values_ ? 1.0 : 0.0;
  const bool none_allowed = rules_.choose == Choose::at_most_one;
  const auto add_part = [&](const PairStore& part) {
    const Prices prices(part, lambda), sizes(part, lambda, Prices::Of::sizes);
    std::array<double, max_offers> reduced, size;
    for (std::size_t i = 0; i < part.rows(); ++i) {
      const std::size_t n = prices.reduced_values(i, factor, reduced);
      sizes.reduced_values(i, 0.0, size);
      double best = none_allowed ? 0.0 : -infinity, largest = 0.0;
      std::size_t chosen = n;
      for (std::size_t c = 0; c < n; ++c) {
        if (reduced[c] > best) best = reduced[chosen = c];
        largest = std::max(largest, factor * std::abs(part.value[part.first[i] + c]) - size[c]);
      }
      sums[limits + 1].add(largest);
      if (chosen == n) continue;
      sums[limits].add(best);
      for (std::size_t k = 0; k < limits; ++k)
        if (const double use = part.use(k, i, part.first[i] + chosen); use != 0) sums[k].add(use);
    }
  };
  parallel::together(comm_, [&] { visit_parts(source_, rules_, add_part); });
  parallel::all_reduce(comm_, std::span(sums));

  DualPoint point;
  point.lambda.assign(lambda.begin(), lambda.end());
  point.slope.resize(limits);
  point.value = sums[limits].rounded() + limits_part(ranges_, lambda, point.slope);
  double terms = std::abs(point.value) + sums[limits + 1].rounded();
  for (std::size_t k = 0; k < limits; ++k) {
    terms += std::abs(lambda[k] * point.slope[k]);
    point.slope[k] -= sums[k].rounded();
  }
  // A reduced value and the limits' part each come from at most 2 · limits + 4 roundings.
  point.error = terms * static_cast<double>(2 * limits + 8) * 0x1p-52;
  point.intercept = point.value;
  for (std::size_t k = 0; k < limits; ++k) point.intercept -= point.slope[k] * lambda[k];
  return point;
}

}  // namespace proffer::allocation
