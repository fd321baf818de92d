#include "models/uplift_fit.hpp"

#include "models/fit_model.hpp"
#include "models/joint_folds.hpp"
#include "models/joint_likelihood.hpp"
#include "models/second_opinion.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

/// One row of a table of facts.
json facts_of(const ModelFit& fit) {
  return {{"trees", fit.facts["trees"]}, {"importance", fit.facts["importance"]}};
}

void fit_together(const boosting::CommunicatorSession& session, const UpliftSettings& settings, const UpliftRows& rows,
                  const borrowers::Schema& schema, std::uint64_t seed, int threads, Log& log, UpliftModel& model) {
  const ModelFit fit = fit_model(session, settings.trees, rows_with_arms(rows), schema, seed, threads, log);
  std::vector<std::uint8_t> codes(rows.arms.size() - 1, 0);
  for (std::size_t a = 0; a < model.arms.size(); ++a) {
    if (a > 0) codes[a - 1] = 1;
    model.arms[a].outcome = with_known(fit.forest, rows.all.inputs.size(), codes);
    if (a > 0) codes[a - 1] = 0;
  }
  model.training["fits"]["together"] = facts_of(fit);
}

void fit_apart(const boosting::CommunicatorSession& session, const UpliftSettings& settings, const UpliftRows& rows,
               const borrowers::Schema& schema, std::uint64_t seed, int threads, Log& log, UpliftModel& model) {
  for (std::size_t a = 0; a < model.arms.size(); ++a) {
    ModelFit fit = fit_model(session, settings.trees, rows_of_arm(rows, a), schema, seed, threads, log);
    model.arms[a].outcome = std::move(fit.forest);
    model.training["fits"][rows.arms[a]] = facts_of(fit);
  }
}

/// The rows of one arm, and what their effect was: sign · (outcome − the other arm's probability).
boosting::Forest fit_effect(const boosting::CommunicatorSession& session, const UpliftSettings& settings,
                            const ModelRows& arm, const boosting::Forest& other, double sign, std::uint64_t seed,
                            int threads) {
  const std::vector<double> expected = outcome_probabilities(other, arm.rows.codes, threads);
  std::vector<float> effect;
  for (std::size_t i = 0; i < expected.size(); ++i)
    effect.push_back(static_cast<float>(sign * (static_cast<double>(arm.rows.label[i]) - expected[i])));
  boosting::TrainOptions options = boosting_options(settings.trees, arm, seed, threads);
  options.rounds = static_cast<int>(settings.effect_rounds);
  options.min_child_weight = settings.effect_min_rows;  // every row has a second derivative of 1
  const bool early = settings.trees.early_stopping > 0;
  const std::vector<std::size_t> bins = arm.bins();
  const FoldedRows rows{arm.rows.codes, bins, arm.rows.unit, {}, 1};
  const MakeObjective make = [&](std::span<const std::size_t> which) {
    std::vector<float> some;
    for (const std::size_t i : which) some.push_back(effect[i]);
    return squared_error(std::move(some));
  };
  return fit_stopping(
      session, rows, [&](std::size_t i) { return fits(arm.rows.part[i], early); },
      [&](std::size_t i) { return arm.rows.part[i] == Part::valid; }, make, options);
}

void fit_effects(const boosting::CommunicatorSession& session, const UpliftSettings& settings, const UpliftRows& rows,
                 std::uint64_t seed, int threads, UpliftModel& model) {
  const ModelRows controls = rows_of_arm(rows, 0);
  for (std::size_t a = 1; a < model.arms.size(); ++a) {
    const ModelRows treated = rows_of_arm(rows, a);
    UpliftEffect effect;
    effect.of_treated = fit_effect(session, settings, treated, model.arms[0].outcome, 1, seed, threads);
    effect.of_controls = fit_effect(session, settings, controls, model.arms[a].outcome, -1, seed, threads);
    effect.weight = rows.arm_shares[a] / (rows.arm_shares[a] + rows.arm_shares[0]);
    model.training["fits"][rows.arms[a]]["effect_trees"] = {effect.of_treated.trees.size(),
                                                            effect.of_controls.trees.size()};
    model.arms[a].effect = std::move(effect);
  }
}

}  // namespace

UpliftModel fit_uplift(const boosting::CommunicatorSession& session, const UpliftSettings& settings,
                       const UpliftRows& rows, const borrowers::Schema& schema, std::uint64_t seed, int threads,
                       Log& log) {
  UpliftModel model;
  model.name = settings.trees.name;
  model.outcome =
      settings.outcome_column.empty() ? std::string(name_of(settings.trees.target)) : settings.outcome_column;
  model.treatment = settings.treatment;
  model.learner = settings.learner;
  model.features = rows.all.inputs.names;
  for (const std::size_t column : rows.all.inputs.columns)
    model.dictionaries.push_back(schema.columns[column].dictionary);
  model.bins = rows.all.rows.bins;
  for (std::size_t a = 0; a < rows.arms.size(); ++a) model.arms.push_back({rows.arms[a], rows.arm_shares[a], {}, {}});
  if (settings.learner == Learner::s)
    fit_together(session, settings, rows, schema, seed, threads, log, model);
  else
    fit_apart(session, settings, rows, schema, seed, threads, log, model);
  if (settings.learner == Learner::x) fit_effects(session, settings, rows, seed, threads, model);
  return model;
}

}  // namespace proffer::models
