#include "allocation/window.hpp"

#include <algorithm>
#include <cmath>

#include "allocation/bundle.hpp"
#include "allocation/survivors.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::allocation {
namespace {

/// Collective. Splits the rows: undecided ones are returned; value (last) and uses of the others go to `fixed`.
PairStore split(const parallel::Communicator& comm, const PairStore& store, const MultiplierBox& box,
                std::vector<double>& fixed) {
  PairStore open = store.empty_copy();
  const std::size_t limits = store.rules->limits.size();
  std::vector<parallel::ExactSum> sums(limits + 1);
  Survivors survivors(store, box, 1, 0.0);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < store.rows(); ++i) {
    const bool none = survivors.look(i, kept);
    if (kept.size() + (none ? 1 : 0) > 1) {
      open.append(store, i, kept);
    } else if (!kept.empty()) {
      sums[limits].add(store.value[kept.front()]);
      for (std::size_t k = 0; k < limits; ++k)
        if (const double use = store.use(k, i, kept.front()); use != 0) sums[k].add(use);
    }
  }
  parallel::all_reduce(comm, std::span(sums));
  for (const auto& sum : sums) fixed.push_back(sum.rounded());
  open.facts = store.facts;
  open.facts.rows = parallel::sum_over_ranks(comm, std::uint64_t{open.rows()});
  return open;
}

}  // namespace

WindowDual::WindowDual(const parallel::Communicator& comm, const PairStore& store, const MultiplierBox& box,
                       int threads, double share)
    : whole_(comm, store, threads, share),
      open_(split(comm, store, box, fixed_use_)),
      open_dual_(comm, open_, threads, share) {
  fixed_value_ = fixed_use_.back();
  fixed_use_.pop_back();
}

DualPoint WindowDual::evaluate(std::span<const double> lambda) {
  DualPoint point = open_dual_.evaluate(lambda);
  point.value += fixed_value_;
  point.intercept += fixed_value_;
  for (std::size_t k = 0; k < fixed_use_.size(); ++k) {
    point.value -= lambda[k] * fixed_use_[k];
    point.slope[k] -= fixed_use_[k];
  }
  return point;
}

namespace {

/// The least of g in a window.
struct Found {
  DualPoint best;
  bool converged = false;
};

/// Second-order steps, then cutting planes from the lines these met: over few rows g is not smooth.
Found minimise_in(WindowDual& window, const MultiplierBox& box, const NearSearch& search, std::span<const double> start,
                  std::span<const double> half_width, Curvature& curvature) {
  NewtonOptions newton;
  newton.box = box;
  newton.tolerance = search.tolerance;
  newton.share = search.share;
  for (double width : half_width) newton.probe.push_back(0.5 * width);
  NewtonResult steps = descend(window, start, newton, curvature);
  if (search.roughly && steps.converged) return {std::move(steps.best), true};
  const std::size_t limits = start.size();
  BundleOptions bundle;
  bundle.tolerance = search.tolerance;
  bundle.radius = std::clamp(2.0 * steps.reach, 1e-7, 1.0);
  bundle.evaluation_limit = 10 * (limits + 5);
  bundle.lowest = box.lowest;
  bundle.highest = box.highest;
  BundleResult planes = minimise(window, steps.best.lambda, bundle, std::move(steps.lines));
  return {std::move(planes.best), planes.converged || steps.converged || search.roughly};
}

}  // namespace

NearResult minimise_near(const parallel::Communicator& comm, const NearSearch& search, std::vector<double> lambda,
                         std::vector<double> half_width, Curvature& curvature) {
  constexpr int rounds = 8;
  constexpr double wider = 1.5;
  const std::size_t limits = lambda.size();
  NearResult result{NearEnd::given_up, std::move(lambda), 0};
  for (int round = 0; round < rounds; ++round) {
    MultiplierBox box;
    for (std::size_t k = 0; k < limits; ++k) {
      box.lowest.push_back(result.lambda[k] - half_width[k]);
      box.highest.push_back(result.lambda[k] + half_width[k]);
      if (search.outer.lowest.empty()) continue;
      box.lowest[k] = std::max(box.lowest[k], search.outer.lowest[k]);
      box.highest[k] = std::min(box.highest[k], search.outer.highest[k]);
    }
    WindowDual window(comm, *search.store, box, search.threads, search.share);
    const Found found = minimise_in(window, box, search, result.lambda, half_width, curvature);
    ++result.windows;
    result.lambda = found.best.lambda;
    bool at_window = false, at_outer = false;
    for (std::size_t k = 0; k < limits; ++k) {
      const bool low = result.lambda[k] == box.lowest[k] && natural_lowest(window.ranges()[k]) < box.lowest[k];
      const bool high = result.lambda[k] == box.highest[k] && natural_highest(window.ranges()[k]) > box.highest[k];
      const bool outer = !search.outer.lowest.empty() && ((low && box.lowest[k] == search.outer.lowest[k]) ||
                                                          (high && box.highest[k] == search.outer.highest[k]));
      at_outer = at_outer || outer;
      at_window = at_window || ((low || high) && !outer);
    }
    if (found.converged && !at_window) {
      result.end = at_outer ? NearEnd::at_outer_face : NearEnd::inside;
      return result;
    }
    for (double& width : half_width) width *= wider;
  }
  return result;
}

std::vector<double> widths_around(const StoreDual& dual, std::span<const double> lambda, double relative) {
  const std::vector<double> scale = dual.multiplier_scale();
  std::vector<double> widths;
  for (std::size_t k = 0; k < lambda.size(); ++k) widths.push_back(relative * (std::abs(lambda[k]) + 0.3 * scale[k]));
  return widths;
}

}  // namespace proffer::allocation
