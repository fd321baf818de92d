#include "models/joint_scores.hpp"

#include <cmath>

namespace proffer::models {

/// A row at one ρ.
struct RowsAtRho::Here {
  TakerDefaults::Taker taker;
  DefaultOfTakers at;
  double slope = 0;   ///< of p along the least favourable direction
  double weight = 0;  ///< slope / (p(1 − p))
};

RowsAtRho::Here RowsAtRho::here(std::size_t i, const TakerDefaults& defaults) {
  constexpr double near = 0.25;  // as far as a straight line is of use
  Found& last = found_[i];
  const double moved = defaults.rho() - last.rho;
  std::optional<double> start;
  if (std::fabs(moved) <= near) start = static_cast<double>(last.g) + static_cast<double>(last.direction) * moved;
  const Inverted found = invert({static_cast<double>(rows_.mean[i]), static_cast<double>(rows_.spread[i])},
                                static_cast<double>(rows_.reduced[i]), defaults, start);
  last = {defaults.rho(), static_cast<float>(found.g), static_cast<float>(found.direction)};

  Here row;
  row.taker = TakerDefaults::taker(static_cast<double>(rows_.f[i]));
  row.at = defaults.at(row.taker, found.g);
  row.slope = row.at.by_rho + row.at.by_g * found.direction;
  row.weight = row.slope / row.at.p / row.at.complement;
  return row;
}

double RowsAtRho::score_of(std::size_t i, const TakerDefaults& defaults) {
  const Here row = here(i, defaults);
  const double taken = row.at.by_f / row.taker.mills;  // Φ((g − ρf)/√(1−ρ²)) − p
  double score = -static_cast<double>(rows_.known[i]) * row.weight * taken *
                 (static_cast<double>(rows_.response[i]) - row.taker.take);
  if (rows_.label[i] <= 1) score += row.weight * (static_cast<double>(rows_.label[i]) - row.at.p);
  return score;
}

ProfilePoint RowsAtRho::profile_point(double rho) {
  const TakerDefaults defaults(rho);
  const auto both = sums(2, [&](std::size_t i, std::vector<parallel::ExactSum>& sum) {
    if (rows_.label[i] > 1) return;
    const Here row = here(i, defaults);
    sum[0].add(std::log(rows_.label[i] == 1 ? row.at.p : row.at.complement));
    sum[1].add(row.slope * row.weight);
  });
  return {.rho = rho, .log_likelihood = both[0].rounded(), .information = both[1].rounded()};
}

std::vector<float> RowsAtRho::orthogonal_scores(double rho) {
  std::vector<float> scores(rows_.rows());
  const TakerDefaults defaults(rho);
  boosting::in_threads(rows_.rows(), 1024, threads_, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) scores[i] = static_cast<float>(score_of(i, defaults));
  });
  return scores;
}

}  // namespace proffer::models
