#include "models/fit_model.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>

#include "boosting/training_data.hpp"
#include "models/scorecard.hpp"
#include "models/second_opinion.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

boosting::AfterRound progress_line(const ModelSettings& settings, Log& log, Progress& bar) {
  return [&settings, &log, &bar](const boosting::Progress& progress) {
    bar.advance(1);
    if (!progress.held_out_loss.empty())
      log.step("train", settings.name,
               nlohmann::json{{"round", progress.rounds()}, {"valid_log_loss", progress.held_out_loss.back()}}.dump());
    return true;
  };
}

nlohmann::json importance_json(const boosting::Forest& forest, const Inputs& inputs) {
  nlohmann::json json = nlohmann::json::array();
  for (const boosting::Importance& entry : boosting::importance(forest))
    json.push_back({{"input", inputs.names[entry.feature]},
                    {"splits", entry.splits},
                    {"gain", entry.gain},
                    {"cover", entry.cover}});
  return json;
}

/// Where a training stands that has made these trees. Only the last of them is judged, so that none is taken back.
boosting::Progress progress_of(const parallel::Communicator& comm, const boosting::Forest& forest,
                               const std::optional<boosting::HeldOut>& held_out, int threads) {
  boosting::Progress progress;
  progress.forest = forest;
  if (!held_out) return progress;
  const std::vector<float> margins = boosting::margins(forest, held_out->codes, held_out->objective.rows(), threads);
  progress.held_out_loss.assign(forest.trees.size(), std::numeric_limits<double>::infinity());
  if (!forest.trees.empty())
    progress.held_out_loss.back() = boosting::mean_loss(comm, held_out->objective, margins, held_out->weights, threads);
  return progress;
}

boosting::Forest fit_trees(const boosting::CommunicatorSession& session, const ModelSettings& settings,
                           const ModelRows& rows, std::uint64_t seed, int threads, Log& log) {
  const bool stops_early = settings.early_stopping > 0;
  RowSubset fitted = subset(rows.rows, [&](Part part) { return fits(part, stops_early); });
  const RowSubset valid = subset(rows.rows, [&](Part part) { return stops_early && part == Part::valid; });
  const auto objective = objective_of(settings.link, fitted.label);
  const auto valid_objective = objective_of(settings.link, valid.label);
  const boosting::TrainingData data(session, std::move(fitted.codes), rows.bins(), fitted.unit, threads);
  boosting::TrainOptions options = boosting_options(settings, rows, seed, threads);
  std::optional<boosting::HeldOut> held_out;
  const std::uint64_t valid_rows = parallel::sum_over_ranks(session.communicator(), std::uint64_t{valid.label.size()});
  if (stops_early && valid_rows > 0) held_out.emplace(boosting::HeldOut{*valid_objective, valid.codes, valid.weight});
  if (!held_out) options.early_stop_rounds = 0;
  if (settings.kind == ModelKind::random_forest) {
    options.ensemble = boosting::Ensemble::random_forest;
    options.early_stop_rounds = 0;  // each tree counts 1/rounds, so all of them are needed
  }
  Progress bar(log, fmt::format("{}: rounds", settings.name), static_cast<std::uint64_t>(settings.rounds));
  std::optional<boosting::Progress> before;
  if (rows.continued) {
    before = progress_of(session.communicator(), rows.continued->forest, held_out, threads);
    options.rounds += static_cast<int>(before->rounds());
  }
  return boosting::train(data, {*objective, fitted.weight}, options, held_out, progress_line(settings, log, bar),
                         before ? &*before : nullptr)
      .forest;
}

}  // namespace

boosting::TrainOptions boosting_options(const ModelSettings& settings, const ModelRows& rows, std::uint64_t seed,
                                        int threads) {
  boosting::TrainOptions options;
  options.rounds = static_cast<int>(settings.rounds);
  options.max_depth = static_cast<int>(settings.depth);
  options.eta = settings.eta;
  options.lambda = settings.lambda;
  options.gamma = settings.gamma;
  options.min_child_weight = settings.min_child_weight;
  options.row_fraction = settings.row_share;
  options.monotone = rows.monotone;
  options.early_stop_rounds = static_cast<int>(settings.early_stopping);
  options.seed = seed;
  options.threads = threads;
  return options;
}

ModelFit fit_of(boosting::Forest forest, const Inputs& inputs, std::string_view kind) {
  ModelFit fit;
  fit.forest = std::move(forest);
  fit.facts["kind"] = std::string(kind);
  fit.facts["trees"] = fit.forest.trees.size();
  fit.facts["importance"] = importance_json(fit.forest, inputs);
  return fit;
}

ModelFit fit_model(const boosting::CommunicatorSession& session, const ModelSettings& settings, const ModelRows& rows,
                   const borrowers::Schema& schema, std::uint64_t seed, int threads, Log& log) {
  const parallel::Communicator& comm = session.communicator();
  ModelFit fit;
  switch (settings.kind) {
    case ModelKind::boosted:
    case ModelKind::random_forest:
      fit.forest = fit_trees(session, settings, rows, seed, threads, log);
      break;
    case ModelKind::logistic:
      fit = fit_logistic_model(comm, settings, rows, schema, threads, log);
      break;
    case ModelKind::scorecard:
      fit = fit_scorecard(comm, settings, rows, schema, threads, log);
      break;
  }
  fit.facts["kind"] = std::string(name_of(settings.kind));
  fit.facts["trees"] = fit.forest.trees.size();
  fit.facts["importance"] = importance_json(fit.forest, rows.inputs);
  return fit;
}

}  // namespace proffer::models
