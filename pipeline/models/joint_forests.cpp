#include "models/joint_forests.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/joint_inversion.hpp"
#include "models/joint_likelihood.hpp"
#include "models/joint_own_terms.hpp"
#include "models/second_opinion.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

constexpr std::size_t undersmoothing = 3;  // trees of a second opinion per tree of the first, as second_opinion.cpp

std::vector<std::size_t> counts_of(const features::BinTable& bins) {
  std::vector<std::size_t> counts;
  for (std::size_t f = 0; f < bins.features(); ++f) counts.push_back(bins.bins(f));
  return counts;
}

MakeObjective probit_of(const std::vector<std::uint8_t>& label) {
  return [&label](std::span<const std::size_t> which) { return boosting::probit(picked(label, which)); };
}

MakeObjective joint_of(const std::vector<float>& f, const std::vector<std::uint8_t>& label, double rho) {
  return [&f, &label, rho](std::span<const std::size_t> which) {
    return default_of_takers_objective(picked(f, which), picked(label, which), rho);
  };
}

JointViews views_of(const ModelSettings& settings, const JointRows& rows, const JointInputs& inputs) {
  JointViews views;
  views.f_bins = counts_of(inputs.f_bins);
  views.g_bins = counts_of(inputs.g_bins);
  views.all_bins = views.g_bins;
  for (const std::size_t place : inputs.excluded_places) views.all_bins.push_back(views.f_bins[place]);
  const auto folds = static_cast<std::size_t>(settings.joint->folds);
  views.f = {rows.f_codes, views.f_bins, rows.unit, rows.fold, folds};
  views.g = {rows.g_codes, views.g_bins, rows.unit, rows.fold, folds};
  views.all = {rows.all_codes, views.all_bins, rows.unit, rows.fold, folds};
  return views;
}

/// The numeric terms of the offer that g learns from.
std::vector<SlopeTerm> numeric_terms(const Inputs& g, const features::BinTable& bins,
                                     const std::vector<int>& monotone) {
  std::vector<SlopeTerm> terms;
  for (std::size_t t = 0; t < g.terms.size(); ++t) {
    const std::size_t input = g.columns.size() + t;
    if (g.terms[t] == Term::product || g.terms[t] == Term::channel) continue;
    terms.push_back({static_cast<std::uint32_t>(input), bins.bins(input), monotone.empty() ? 0 : monotone[input]});
  }
  return terms;
}

}  // namespace

JointForests::JointForests(const ModelSettings& settings, const boosting::CommunicatorSession& session,
                           const JointRows& rows, const JointInputs& inputs, JointOptions options)
    : session_(session),
      rows_(rows),
      options_(std::move(options)),
      stops_early_(settings.early_stopping > 0),
      views_(views_of(settings, rows, inputs)),
      g_columns_(inputs.g.columns.size()),
      slope_terms_(numeric_terms(inputs.g, inputs.g_bins, options_.defaults.monotone)),
      learnt_(learnt_rows(
          session, views_.g, [this](std::size_t i) { return learnt(i); }, options_.defaults.threads)) {}

bool JointForests::learnt(std::size_t i) const {
  return known(i) && fits(rows_.part[i], stops_early_);
}

bool JointForests::both_classes(const std::function<bool(std::size_t)>& wanted, std::uint64_t least) const {
  std::array<std::uint64_t, 2> counts{};
  for (std::size_t i = 0; i < rows_.rows(); ++i)
    if (wanted(i)) ++counts[rows_.label[i]];
  parallel::all_reduce_sum(session_.communicator(), std::span<std::uint64_t>(counts));
  return counts[0] >= least && counts[1] >= least;
}

double JointForests::base(const std::vector<float>& f, double rho,
                          const std::function<bool(std::size_t)>& wanted) const {
  std::array<parallel::ExactSum, 4> sum;
  for (std::size_t i = 0; i < rows_.rows(); ++i) {
    if (!wanted(i)) continue;
    const auto margin = static_cast<double>(f[i]);
    sum[0].add(1);
    sum[1].add(static_cast<double>(rows_.label[i]));
    sum[2].add(margin);
    sum[3].add(margin * margin);
  }
  parallel::all_reduce(session_.communicator(), std::span<parallel::ExactSum>(sum));
  const double count = std::max(1.0, sum[0].rounded()), mean = sum[2].rounded() / count;
  const double spread = std::sqrt(std::max(0.0, sum[3].rounded() / count - mean * mean));
  return invert({mean, spread}, statistics::normal_quantile(std::clamp(sum[1].rounded() / count, 1e-9, 1 - 1e-9)), rho)
      .g;
}

boosting::Forest JointForests::without_excluded() const {
  return fit_stopping(
      learnt_, views_.g, [this](std::size_t i) { return stops(i); }, probit_of(rows_.label), options_.defaults);
}

boosting::Forest JointForests::with_excluded() const {
  boosting::TrainOptions options = options_.defaults;
  if (!options.monotone.empty()) options.monotone.resize(views_.all_bins.size(), 0);
  return fit_stopping(
      session_, views_.all, [this](std::size_t i) { return learnt(i); }, [this](std::size_t i) { return stops(i); },
      probit_of(rows_.label), options);
}

CrossFitted JointForests::cross_fitted_f(const boosting::Forest& response) const {
  return models::cross_fitted_f(session_, rows_, views_, options_, response);
}

ProfileRows JointForests::profile(const CrossFitted& take, std::size_t trees) const {
  JointOptions options = options_;
  options.reduced_trees = trees;
  return profile_rows(session_, rows_, views_, options, take);
}

boosting::Forest JointForests::joint(const std::vector<float>& f, double rho) const {
  boosting::TrainOptions options = options_.defaults;
  options.base_margin = base(f, rho, [this](std::size_t i) { return learnt(i); });
  return fit_stopping(
      learnt_, views_.g, [this](std::size_t i) { return stops(i); }, joint_of(f, rows_.label, rho), options);
}

std::vector<OfferSlope> JointForests::slopes(const std::vector<float>& f, double rho, const boosting::Forest& g,
                                             const std::function<bool(std::size_t)>& among) const {
  constexpr std::uint64_t least = 30;  // bad, and good, as for ρ
  const auto told = [&](std::size_t i) { return among(i) && rows_.drawn[i] == 1; };
  if (!options_.identified || slope_terms_.empty() || !both_classes(told, least)) return {};
  const std::vector<std::size_t> which = rows_where(rows_.rows(), told);
  const std::size_t inputs = views_.g_bins.size(), terms = inputs - g_columns_;
  std::vector<float> values;
  std::vector<std::uint8_t> codes, borrower;
  for (const std::size_t i : which) {
    for (const SlopeTerm& term : slope_terms_) {
      values.push_back(rows_.g_terms[i * terms + term.input - g_columns_]);
      codes.push_back(rows_.g_codes[i * inputs + term.input]);
    }
    const auto row = rows_.g_codes.begin() + static_cast<std::ptrdiff_t>(i * inputs);
    borrower.insert(borrower.end(), row, row + static_cast<std::ptrdiff_t>(g_columns_));
  }
  const std::vector<std::uint64_t> unit = picked(rows_.unit, which);
  const std::vector<std::uint8_t> fold = picked(rows_.fold, which);
  const FoldedRows borrowers{borrower, std::span(views_.g_bins).first(g_columns_), unit, fold, views_.g.folds};
  const std::vector<float> own = own_terms(session_, borrowers, values, slope_terms_.size(), options_.defaults);
  const std::vector<float> margins = picked(margins_of(g, views_.g, told, options_.defaults.threads), which);
  const auto objective = joint_of(f, rows_.label, rho)(which);
  return offer_slopes(session_.communicator(), {*objective, margins, values, own, codes}, slope_terms_,
                      options_.defaults.threads);
}

std::optional<SecondOpinion> JointForests::second(const std::vector<float>& f,
                                                  const statistics::ConditionalQuantileTable& table,
                                                  std::size_t trees) const {
  const auto kept = [this](std::size_t i) { return known(i) && !fits(rows_.part[i], stops_early_); };
  if (!both_classes(kept) || !both_classes([this](std::size_t i) { return learnt(i); })) return std::nullopt;
  boosting::TrainOptions options = options_.defaults;
  options.rounds = static_cast<int>(std::max<std::size_t>(1, undersmoothing * trees));
  options.early_stop_rounds = 0;
  options.base_margin = base(f, table.rho(), kept);
  SecondOpinion second;
  second.forest = fit_stopping(
      session_, views_.g, kept, [](std::size_t) { return false; }, joint_of(f, rows_.label, table.rho()), options);
  add_slopes(slopes(f, table.rho(), second.forest, kept), second.forest);
  const std::vector<float> g = margins_of(
      second.forest, views_.g, [this](std::size_t i) { return learnt(i); }, options.threads);
  std::vector<double> odds;
  std::vector<std::uint8_t> labels;
  for (std::size_t i = 0; i < rows_.rows(); ++i) {
    if (!learnt(i)) continue;
    const double q = table(static_cast<double>(f[i]), static_cast<double>(g[i]));
    odds.push_back(log_odds(Link::probit, static_cast<float>(q)));
    labels.push_back(rows_.label[i]);
  }
  second.intercept = fit_intercept(session_.communicator(), odds, labels);
  return second;
}

ComparedMargins JointForests::compared(const std::vector<float>& f, const boosting::Forest& g,
                                       const boosting::Forest& without, const boosting::Forest& with) const {
  const int threads = options_.defaults.threads;
  const auto judged = [this](std::size_t i) { return rows_.part[i] != Part::train; };
  const auto of_g = [&](std::size_t i) { return judged(i) || known(i); };
  return {f, margins_of(g, views_.g, of_g, threads), margins_of(without, views_.g, judged, threads),
          margins_of(with, views_.all, judged, threads)};
}

}  // namespace proffer::models
