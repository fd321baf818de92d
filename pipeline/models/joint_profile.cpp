#include "models/joint_profile.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

#include "parallel/exact_sum.hpp"
#include "parallel/random.hpp"
#include "statistics/chi_squared.hpp"
#include "statistics/normal.hpp"
#include "statistics/roots.hpp"

namespace proffer::models {
namespace {

using parallel::ExactSum;

constexpr double bound = 0.93;
constexpr double step = 0.05;  // between the places where scores are taken
constexpr double normal_95 = 1.959963984540054;
constexpr double chi_squared_95 = 3.841458820694124;
constexpr std::uint64_t weights_of = parallel::purpose("models.joint.bootstrap");

/// Scores at rho − step, rho, rho + step.
using Scores = std::array<std::vector<float>, 3>;
using Totals = std::array<double, 3>;

Scores scores_around(RowsAtRho& rows, double rho) {
  return {rows.orthogonal_scores(rho - step), rows.orthogonal_scores(rho), rows.orthogonal_scores(rho + step)};
}

Totals rounded(std::span<const ExactSum> sums) {
  return {sums[0].rounded(), sums[1].rounded(), sums[2].rounded()};
}

/// How far from the middle the parabola through three scores is 0, and its slope there.
struct Root {
  double away = 0;
  double slope = 0;
  bool found = true;
};
Root root_of(const Totals& score) {
  const double bend = (score[0] + score[2] - 2 * score[1]) / (2 * step * step);
  const double slope = (score[2] - score[0]) / (2 * step);
  const double inside = slope * slope - 4 * bend * score[1];
  if (!(slope < 0)) return {score[1] > 0 ? 0.3 : -0.3, 0, false};
  const double away = inside >= 0 ? -2 * score[1] / (slope - std::sqrt(inside)) : -score[1] / slope;
  const double held = std::clamp(away, -0.3, 0.3);
  return {held, std::min(slope + 2 * bend * held, 0.2 * slope)};
}

double clamped(double rho) {
  return std::clamp(rho, -bound + step, bound - step);
}

/// What is asked again at a place that was asked before is not computed again: a pass over all rows.
template <class Value>
class Remembered {
 public:
  explicit Remembered(std::function<Value(double)> compute) : compute_(std::move(compute)) {}
  const Value& operator()(double place) {
    const auto [at, is_new] = known_.try_emplace(place);
    if (is_new) at->second = compute_(place);
    return at->second;
  }
  /// What needs no pass.
  void know(double place, const Value& value) { known_[place] = value; }

 private:
  std::function<Value(double)> compute_;
  std::map<double, Value> known_;
};

using Profile = Remembered<ProfilePoint>;

/// The farthest place at which the profile has not fallen by more than a likelihood-ratio test allows: the bound, or
/// between two neighbours of the grid.
double profile_end(Profile& profile, const std::vector<ProfilePoint>& grid, const ProfilePoint& top, double end) {
  const auto above = [&](double rho) {
    return chi_squared_95 / 2 - (top.log_likelihood - profile(rho).log_likelihood);
  };
  if (above(end) >= 0) return end;
  double inside = top.rho, outside = end;
  for (const ProfilePoint& point : grid) {  // those on the way from the end to the top
    const bool between = (point.rho - top.rho) * (point.rho - end) < 0;
    const bool farther = std::fabs(point.rho - top.rho) > std::fabs(inside - top.rho);
    if (between && farther && above(point.rho) >= 0) inside = point.rho;
  }
  for (const ProfilePoint& point : grid)
    if ((point.rho - inside) * (point.rho - outside) < 0) outside = point.rho;
  return statistics::brent_root(above, {std::min(inside, outside), std::max(inside, outside)}, 1e-3);
}

void maximise_profile(Profile& profile, RhoEstimate& estimate) {
  for (int tenth = -8; tenth <= 8; tenth += 2) estimate.grid.push_back(profile(tenth / 10.0));
  const auto best = std::max_element(
      estimate.grid.begin(), estimate.grid.end(),
      [](const ProfilePoint& a, const ProfilePoint& b) { return a.log_likelihood < b.log_likelihood; });
  const auto found =
      statistics::brent_minimum([&](double rho) { return -profile(rho).log_likelihood; },
                                {std::max(-bound, best->rho - 0.2), std::min(bound, best->rho + 0.2)}, 1e-3);
  const ProfilePoint top = profile(found.place), none = profile(0);
  estimate.profile_rho = top.rho;
  estimate.profile_interval = {profile_end(profile, estimate.grid, top, -bound),
                               profile_end(profile, estimate.grid, top, bound)};
  estimate.likelihood_ratio = std::max(0.0, 2 * (top.log_likelihood - none.log_likelihood));
  estimate.p_value = statistics::chi_squared_survival(estimate.likelihood_ratio, 1);
}

struct Solved {
  double middle = 0;
  Scores scores;        ///< around it
  bool inside = false;  ///< the root lies between the places of the scores
};

/// The orthogonal score at one ρ in units of its standard deviation; 0 where nothing moves it.
double standard_score(RowsAtRho& rows, double rho) {
  const std::vector<float> scores = rows.orthogonal_scores(rho);
  const auto sums = rows.sums(2, [&](std::size_t i, std::vector<ExactSum>& sum) {
    sum[0].add(static_cast<double>(scores[i]));
    sum[1].add(static_cast<double>(scores[i]) * static_cast<double>(scores[i]));
  });
  const double square = sums[1].rounded();
  return square > 0 ? sums[0].rounded() / std::sqrt(square) : 0;
}

/// Sum of the squares of the scores so far from the middle, on the parabolas through three of each row.
double squares_at(const RowsAtRho& rows, const Scores& scores, double away) {
  const double t = std::clamp(away / step, -1.0, 1.0);
  const std::array<double, 3> share = {t * (t - 1) / 2, 1 - t * t, t * (t + 1) / 2};  // Lagrange's
  const auto sums = rows.sums(1, [&](std::size_t i, std::vector<ExactSum>& sum) {
    double here = 0;
    for (std::size_t k = 0; k < 3; ++k) here += share[k] * static_cast<double>(scores[k][i]);
    sum[0].add(here * here);
  });
  return sums[0].rounded();
}

/// From the maximum of the profile on to the root of the score, until it lies between the places of the scores.
Solved approach(RowsAtRho& rows, RhoEstimate& estimate) {
  constexpr int most_passes = 5;
  Solved solved{.middle = clamped(estimate.profile_rho), .scores = {}, .inside = false};
  const Scores& scores = solved.scores;
  for (int pass = 0; pass < most_passes; ++pass) {
    solved.scores = scores_around(rows, solved.middle);
    const auto sums = rows.sums(3, [&](std::size_t i, std::vector<ExactSum>& sum) {
      for (std::size_t k = 0; k < 3; ++k) sum[k].add(static_cast<double>(scores[k][i]));
    });
    const Root root = root_of(rounded(sums));
    const double next = clamped(solved.middle + root.away);
    estimate.rho = std::clamp(solved.middle + root.away, -bound, bound);
    estimate.undetermined = std::fabs(solved.middle + root.away) >= bound || !root.found;
    estimate.standard_error = root.slope < 0 ? std::sqrt(squares_at(rows, scores, root.away)) / -root.slope : 0;
    solved.inside = root.found && std::fabs(root.away) < step;
    const bool arrived = std::fabs(next - solved.middle) < step;
    if (arrived || pass + 1 == most_passes) break;
    solved.middle = next;
  }
  return solved;
}

/// Every ρ between the root and the bound at which the score is not significant; the end where it becomes so. It is
/// looked for within three standard errors first, for there it is where the score is nearly a line.
double score_end(Remembered<double>& standard_score, double root, double error, double sign) {
  const auto inside = [&](double rho) { return normal_95 + sign * standard_score(rho); };
  double from = root, to = std::clamp(root + sign * 1.5 * normal_95 * error, -bound, bound);
  if (inside(to) >= 0) {
    from = to;
    to = sign * bound;
    if (inside(to) >= 0) return to;
  } else if (inside(root) <= 0) {
    return root;
  }
  return statistics::brent_root(inside, {std::min(from, to), std::max(from, to)}, 2e-3);
}

/// The root of the score, with the correlations that its test does not refuse: an interval that stays honest where the
/// excluded inputs hardly move take-up (Fieller 1954; Anderson & Rubin 1949). Where the score has no root or its test
/// refuses no correlation, ρ is that of the profile.
Solved solve(RowsAtRho& rows, double at_zero, RhoEstimate& estimate) {
  Solved solved = approach(rows, estimate);
  if (estimate.undetermined) {
    estimate.rho = estimate.profile_rho;
    const double low = standard_score(rows, -bound), high = standard_score(rows, bound);
    const bool rising = low > normal_95 && high > normal_95, falling = low < -normal_95 && high < -normal_95;
    if (rising || falling) estimate.rho = rising ? bound : -bound;
    estimate.interval = {-bound, bound};
    estimate.standard_error = 0;
    return solved;
  }
  Remembered<double> score([&](double rho) { return standard_score(rows, rho); });
  score.know(0, at_zero);
  if (solved.inside) score.know(estimate.rho, 0);
  estimate.interval = {score_end(score, estimate.rho, estimate.standard_error, -1),
                       score_end(score, estimate.rho, estimate.standard_error, 1)};
  if (estimate.interval.low <= -bound && estimate.interval.high >= bound) {  // a root, but no correlation is refused
    estimate.undetermined = true;
    estimate.rho = estimate.profile_rho;
    estimate.standard_error = 0;
  }
  return solved;
}

void replicate(const RowsAtRho& rows, const Solved& solved, std::int64_t replications, std::uint64_t seed,
               RhoEstimate& estimate) {
  estimate.replications = replications;
  if (replications == 0) return;
  const auto count = static_cast<std::size_t>(replications);
  const auto sums = rows.sums(3 * count, [&](std::size_t i, std::vector<ExactSum>& sum) {
    for (std::size_t b = 0; b < count; ++b) {
      const double weight =
          -std::log(parallel::to_unit_interval(parallel::random_bits(seed, rows.rows().unit[i], weights_of, b)));
      for (std::size_t k = 0; k < 3; ++k) sum[3 * b + k].add(weight * static_cast<double>(solved.scores[k][i]));
    }
  });
  std::vector<double> rho;
  for (std::size_t b = 0; b < count; ++b)
    rho.push_back(std::clamp(solved.middle + root_of(rounded(std::span(sums).subspan(3 * b, 3))).away, -bound, bound));
  std::sort(rho.begin(), rho.end());
  double mean = 0, square = 0;
  for (const double value : rho) mean += value / static_cast<double>(count);
  for (const double value : rho) square += (value - mean) * (value - mean);
  estimate.bootstrap_error = count > 1 ? std::sqrt(square / static_cast<double>(count - 1)) : 0;
  const auto quantile = [&](double p) {
    return rho[static_cast<std::size_t>(std::lround(p * static_cast<double>(count - 1)))];
  };
  estimate.bootstrap_interval = {quantile(0.025), quantile(0.975)};
}

}  // namespace

RhoEstimate estimate_rho(const parallel::Communicator& comm, const ProfileRows& rows, std::int64_t replications,
                         std::uint64_t seed, int threads) {
  RhoEstimate estimate;
  RowsAtRho at_rho(comm, rows, threads);
  Profile profile([&](double rho) { return at_rho.profile_point(rho); });
  maximise_profile(profile, estimate);
  const double at_zero = standard_score(at_rho, 0);
  estimate.score_p_value = statistics::chi_squared_survival(at_zero * at_zero, 1);
  Solved solved = solve(at_rho, at_zero, estimate);
  estimate.information = profile(estimate.rho).information;
  const bool repeated = replications > 0 && !estimate.undetermined;
  if (repeated && std::fabs(solved.middle - estimate.rho) > 0.02) {  // replications scatter around the root
    solved.middle = clamped(estimate.rho);
    solved.scores = scores_around(at_rho, solved.middle);
  }
  replicate(at_rho, solved, repeated ? replications : 0, seed, estimate);
  return estimate;
}

}  // namespace proffer::models
