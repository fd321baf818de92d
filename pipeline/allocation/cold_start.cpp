#include "allocation/cold_start.hpp"

#include <algorithm>
#include <utility>

#include "allocation/bundle.hpp"
#include "allocation/dual.hpp"

namespace proffer::allocation {
namespace {

constexpr double few_rows = 2'000;
constexpr std::uint64_t worth_while = 8'000;  ///< rows from which a sample pays
constexpr double first_tolerance = 1e-3, second_tolerance = 1e-5, third_tolerance = 1e-7;
constexpr double probe_width = 0.1;      ///< relative: steps for the first differences of slopes
constexpr std::uint64_t full_steps = 6;  ///< over all rows: kinks stop them soon after
constexpr double steps_in_window = 10.0;
constexpr double least_window = 1e-6;  ///< in units of multiplier_scale

NewtonOptions everywhere(const std::vector<double>& lambda, double tolerance, double share) {
  NewtonOptions options;
  options.box.lowest.assign(lambda.size(), -infinity);
  options.box.highest.assign(lambda.size(), infinity);
  options.tolerance = tolerance;
  options.share = share;
  return options;
}

/// λ and curvature of a part of the rows. False where that part has no minimum.
bool look_at_few(const parallel::Communicator& comm, const PairStore& store, int threads, std::vector<double>& lambda,
                 Curvature& curvature) {
  const double wanted = few_rows / static_cast<double>(store.facts.rows);
  const PairStore few = rows_where(comm, store, [&](std::uint64_t id) { return in_sample(id, wanted); });
  if (few.facts.rows == 0) return false;
  const double share = static_cast<double>(few.facts.rows) / static_cast<double>(store.facts.rows);
  StoreDual dual(comm, few, threads, share);
  BundleOptions bundle;
  bundle.tolerance = first_tolerance;
  bundle.stop_at_or_below = few.facts.lowest_value;
  const BundleResult planes = minimise(dual, lambda, bundle);
  if (!planes.converged) return false;
  NewtonOptions newton = everywhere(lambda, second_tolerance, share);
  newton.probe = widths_around(dual, planes.best.lambda, 0.5 * probe_width);
  lambda = descend(dual, planes.best.lambda, newton, curvature).best.lambda;
  return true;
}

}  // namespace

NearResult minimise_cold(const parallel::Communicator& comm, const PairStore& store, double tolerance, int threads,
                         std::vector<double> lambda, Curvature& curvature) {
  NearResult result{NearEnd::given_up, std::move(lambda), 0};
  if (store.facts.rows < worth_while || result.lambda.empty()) return result;
  if (curvature.empty() && !look_at_few(comm, store, threads, result.lambda, curvature)) return result;
  StoreDual dual(comm, store, threads);
  NewtonOptions newton = everywhere(result.lambda, third_tolerance, 1.0);
  newton.step_limit = full_steps;
  const NewtonResult steps = descend(dual, result.lambda, newton, curvature);
  std::vector<double> widths = dual.multiplier_scale();
  for (double& width : widths) width *= std::max(steps_in_window * steps.reach, least_window);
  return minimise_near(comm, {&store, 1.0, tolerance, {}, false, threads}, steps.best.lambda, std::move(widths),
                       curvature);
}

}  // namespace proffer::allocation
