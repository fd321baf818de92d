#include "models/second_opinion.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "boosting/training_data.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"

namespace proffer::models {
namespace {

/// The second opinion has so many times the trees of the first. Summed over a list, its noise averages out, for it is
/// independent of the choice; what must be small is its bias, so it is fitted more closely than a model for prediction.
constexpr std::size_t undersmoothing = 3;

bool has_both_classes(const parallel::Communicator& comm, const std::vector<std::uint8_t>& labels) {
  std::array<std::uint64_t, 2> counts{};
  for (std::uint8_t label : labels) ++counts[label];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  return counts[0] > 0 && counts[1] > 0;
}

/// Slope and curvature of the log-likelihood at this intercept, summed exactly.
std::pair<double, double> derivatives(const parallel::Communicator& comm, std::span<const double> log_odds,
                                      std::span<const std::uint8_t> labels, double intercept) {
  std::array<parallel::ExactSum, 2> sums;
  for (std::size_t i = 0; i < log_odds.size(); ++i) {
    const double p = 1.0 / (1.0 + std::exp(-(intercept + log_odds[i])));
    sums[0].add(static_cast<double>(labels[i]) - p);
    sums[1].add(p * (1.0 - p));
  }
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  return {sums[0].rounded(), sums[1].rounded()};
}

}  // namespace

std::unique_ptr<boosting::Objective> objective_of(Link link, std::span<const std::uint8_t> labels) {
  return link == Link::probit ? boosting::probit(labels) : boosting::logistic(labels);
}

RowSubset subset(const TrainingRows& rows, const std::function<bool(Part)>& wanted) {
  RowSubset chosen;
  const std::size_t inputs = rows.bins.features();
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (!wanted(rows.part[i])) continue;
    const auto first = rows.codes.begin() + static_cast<std::ptrdiff_t>(i * inputs);
    chosen.codes.insert(chosen.codes.end(), first, first + static_cast<std::ptrdiff_t>(inputs));
    chosen.label.push_back(rows.label[i]);
    chosen.unit.push_back(rows.unit[i]);
    if (!rows.weight.empty()) chosen.weight.push_back(rows.weight[i]);
  }
  return chosen;
}

double fit_intercept(const parallel::Communicator& comm, std::span<const double> log_odds,
                     std::span<const std::uint8_t> labels) {
  constexpr int most_steps = 50;
  double intercept = 0;
  for (int step = 0; step < most_steps; ++step) {
    const auto [slope, curvature] = derivatives(comm, log_odds, labels, intercept);
    if (!(curvature > 0)) return 0;
    const double change = std::clamp(slope / curvature, -1.0, 1.0);  // Newton, held back far from the maximum
    intercept += change;
    if (std::fabs(change) < 1e-10) return intercept;
  }
  return 0;
}

std::optional<SecondOpinion> second_opinion(const boosting::CommunicatorSession& session, const TrainingRows& rows,
                                            Link link, const std::vector<std::size_t>& bins,
                                            boosting::TrainOptions options, bool stops_early, std::size_t trees) {
  const parallel::Communicator& comm = session.communicator();
  RowSubset kept = subset(rows, [&](Part part) { return !fits(part, stops_early); });
  const RowSubset learnt = subset(rows, [&](Part part) { return fits(part, stops_early); });
  if (!has_both_classes(comm, kept.label) || !has_both_classes(comm, learnt.label)) return std::nullopt;
  options.rounds = static_cast<int>(std::max<std::size_t>(1, undersmoothing * trees));
  options.early_stop_rounds = 0;
  const auto objective = objective_of(link, kept.label);
  const boosting::TrainingData data(session, std::move(kept.codes), bins, kept.unit, options.threads);
  SecondOpinion second;
  second.forest = boosting::train(data, {*objective, kept.weight}, options).forest;
  const std::vector<float> margins =
      boosting::margins(second.forest, learnt.codes, learnt.label.size(), options.threads);
  std::vector<double> odds(margins.size());
  std::ranges::transform(margins, odds.begin(), [link](float margin) { return log_odds(link, margin); });
  second.intercept = fit_intercept(comm, odds, learnt.label);
  return second;
}

}  // namespace proffer::models
