#include "models/second_opinion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "boosting/training_data.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::models {
namespace {

bool has_both_classes(const parallel::Communicator& comm, const std::vector<std::uint8_t>& labels) {
  std::array<std::uint64_t, 2> counts{};
  for (std::uint8_t label : labels) ++counts[label];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  return counts[0] > 0 && counts[1] > 0;
}

/// Gradient (2) and Hessian (3) of the log-likelihood at (intercept, slope), summed exactly.
std::array<double, 5> platt_derivatives(const parallel::Communicator& comm, std::span<const float> margins,
                                        std::span<const std::uint8_t> labels, const Platt& at) {
  std::array<parallel::ExactSum, 5> sums;
  for (std::size_t i = 0; i < margins.size(); ++i) {
    const auto m = static_cast<double>(margins[i]);
    const double p = 1.0 / (1.0 + std::exp(-(at.intercept + at.slope * m)));
    const double error = static_cast<double>(labels[i]) - p;
    const double weight = p * (1.0 - p);
    sums[0].add(error);
    sums[1].add(error * m);
    sums[2].add(weight);
    sums[3].add(weight * m);
    sums[4].add(weight * m * m);
  }
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  std::array<double, 5> rounded{};
  std::ranges::transform(sums, rounded.begin(), [](const parallel::ExactSum& sum) { return sum.rounded(); });
  return rounded;
}

}  // namespace

RowSubset subset(const TrainingRows& rows, const std::function<bool(Part)>& wanted) {
  RowSubset chosen;
  const std::size_t inputs = rows.bins.features();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (!wanted(rows.part[i])) continue;
    const auto first = rows.codes.begin() + static_cast<std::ptrdiff_t>(i * inputs);
    chosen.codes.insert(chosen.codes.end(), first, first + static_cast<std::ptrdiff_t>(inputs));
    chosen.label.push_back(rows.label[i]);
    chosen.unit.push_back(rows.unit[i]);
  }
  return chosen;
}

Platt fit_platt(const parallel::Communicator& comm, std::span<const float> margins,
                std::span<const std::uint8_t> labels) {
  constexpr int most_steps = 50;
  Platt fit;
  for (int step = 0; step < most_steps; ++step) {
    const auto [g0, g1, h00, h01, h11] = platt_derivatives(comm, margins, labels, fit);
    const double determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 1e-12 * h00 * h11)) return {};
    const double d0 = (h11 * g0 - h01 * g1) / determinant;
    const double d1 = (h00 * g1 - h01 * g0) / determinant;
    const double largest = std::max(std::fabs(d0), std::fabs(d1));
    const double scale = largest > 1.0 ? 1.0 / largest : 1.0;  // Newton, held back far from the maximum
    fit.intercept += scale * d0;
    fit.slope += scale * d1;
    if (largest < 1e-10) return fit.slope > 0 ? fit : Platt{};
  }
  return {};
}

std::optional<SecondOpinion> second_opinion(const boosting::CommunicatorSession& session, const TrainingRows& rows,
                                            const std::vector<std::size_t>& bins, boosting::TrainOptions options,
                                            bool stops_early, std::size_t trees) {
  const parallel::Communicator& comm = session.communicator();
  RowSubset kept = subset(rows, [&](Part part) { return !fits(part, stops_early); });
  const RowSubset learnt = subset(rows, [&](Part part) { return fits(part, stops_early); });
  if (!has_both_classes(comm, kept.label) || !has_both_classes(comm, learnt.label)) return std::nullopt;
  options.rounds = static_cast<int>(std::max<std::size_t>(1, trees));
  options.early_stop_rounds = 0;
  const auto objective = boosting::logistic(kept.label);
  const boosting::TrainingData data(session, std::move(kept.codes), bins, kept.unit, options.threads);
  SecondOpinion second;
  second.forest = boosting::train(data, {*objective}, options).forest;
  std::vector<float> margins(learnt.label.size(), second.forest.base_margin);
  boosting::add_margins(second.forest, 0, learnt.codes, margins, options.threads);
  const Platt platt = fit_platt(comm, margins, learnt.label);
  second.intercept = platt.intercept;
  second.slope = platt.slope;
  return second;
}

}  // namespace proffer::models
