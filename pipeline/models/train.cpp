#include "models/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "boosting/trainer.hpp"
#include "boosting/training_data.hpp"
#include "foundation/error.hpp"
#include "foundation/text.hpp"
#include "models/calibration_rows.hpp"
#include "models/part_metrics.hpp"
#include "models/second_opinion.hpp"
#include "models/training_rows.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::models {
namespace {

std::vector<int> monotone_signs(const ModelSettings& settings, const Inputs& inputs) {
  std::vector<int> signs(inputs.size(), 0);
  for (const auto& [name, direction] : settings.monotone) {
    auto at = std::ranges::find(inputs.names, name);
    if (at == inputs.names.end()) at = std::ranges::find(inputs.names, "offer." + name);
    if (at == inputs.names.end()) {
      const auto near = did_you_mean(name, inputs.names);
      throw UsageError({fmt::format("{}: monotone names '{}'", settings.where, name),
                        fmt::format("model {} does not learn from it", settings.name),
                        near ? fmt::format("did you mean {}?", *near) : "remove it"});
    }
    signs[static_cast<std::size_t>(at - inputs.names.begin())] = static_cast<int>(direction);
  }
  return signs;
}

boosting::TrainOptions options_of(const ModelSettings& settings, std::vector<int> monotone, std::uint64_t seed,
                                  int threads) {
  boosting::TrainOptions options;
  options.rounds = static_cast<int>(settings.rounds);
  options.max_depth = static_cast<int>(settings.depth);
  options.eta = settings.eta;
  options.lambda = settings.lambda;
  options.gamma = settings.gamma;
  options.min_child_weight = settings.min_child_weight;
  options.row_fraction = settings.row_share;
  options.monotone = std::move(monotone);
  options.early_stop_rounds = static_cast<int>(settings.early_stopping);
  options.seed = seed;
  options.threads = threads;
  return options;
}

boosting::AfterRound progress_line(const ModelSettings& settings, Log& log, Progress& bar) {
  return [&settings, &log, &bar](const boosting::Progress& progress) {
    bar.advance(1);
    if (!progress.held_out_loss.empty())
      log.step("train", settings.name,
               nlohmann::json{{"round", progress.rounds()}, {"valid_log_loss", progress.held_out_loss.back()}}.dump());
    return true;
  };
}

std::vector<std::size_t> bin_counts(const features::BinTable& bins) {
  std::vector<std::size_t> counts;
  for (std::size_t f = 0; f < bins.features(); ++f) counts.push_back(bins.bins(f));
  return counts;
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

}  // namespace

TrainedModel train_model(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                         const TrainSettings& train, const ModelSettings& settings, std::uint64_t seed, int threads,
                         Log& log) {
  const parallel::Communicator& comm = session.communicator();
  Inputs inputs;
  std::optional<Splitter> splitter;
  std::vector<int> monotone;
  std::vector<std::size_t> monitored;
  parallel::together(comm, [&] {
    inputs = choose_inputs(settings, book.schema(), book.has_offers());
    splitter.emplace(train.split, book.schema(), seed);
    monotone = monotone_signs(settings, inputs);
    monitored = monitored_columns(train.monitor, book.schema());
  });
  TrainingRows rows = collect_rows(comm, book, settings, inputs, *splitter, static_cast<std::size_t>(train.max_bins),
                                   seed, log, monitored);
  const bool stops_early = settings.early_stopping > 0;
  RowSubset fitted = subset(rows, [&](Part part) { return fits(part, stops_early); });
  const RowSubset valid = subset(rows, [&](Part part) { return stops_early && part == Part::valid; });
  const auto objective = objective_of(settings.link, fitted.label);
  const auto valid_objective = objective_of(settings.link, valid.label);
  const boosting::TrainingData data(session, std::move(fitted.codes), bin_counts(rows.bins), fitted.unit, threads);
  boosting::TrainOptions options = options_of(settings, std::move(monotone), seed, threads);
  std::optional<boosting::HeldOut> held_out;
  const std::uint64_t valid_rows = parallel::sum_over_ranks(comm, std::uint64_t{valid.label.size()});
  if (stops_early && valid_rows > 0) held_out.emplace(boosting::HeldOut{*valid_objective, valid.codes});
  if (!held_out) options.early_stop_rounds = 0;
  Progress bar(log, fmt::format("{}: rounds", settings.name), static_cast<std::uint64_t>(settings.rounds));
  boosting::Trained trained = boosting::train(data, {*objective}, options, held_out, progress_line(settings, log, bar));

  TrainedModel result;
  Model& model = result.model;
  model.name = settings.name;
  model.target = settings.target;
  model.link = settings.link;
  model.horizon_months = settings.target == Target::defaulted ? book.schema().default_months : 0;
  model.features.assign(inputs.names.begin(),
                        inputs.names.begin() + static_cast<std::ptrdiff_t>(inputs.columns.size()));
  for (std::size_t column : inputs.columns) model.dictionaries.push_back(book.schema().columns[column].dictionary);
  model.offer_terms = inputs.terms;
  model.products = book.schema().products;
  model.channels = book.schema().channels;
  model.bins = rows.bins;
  model.forest = std::move(trained.forest);
  std::vector<float> margins(rows.rows(), model.forest.base_margin);
  boosting::add_margins(model.forest, 0, rows.codes, margins, threads);
  model.calibration = calibrate(comm, settings, rows, margins, log);
  if (settings.second_opinion)
    model.second = second_opinion(session, rows, settings.link, bin_counts(rows.bins), options, stops_early,
                                  model.forest.trees.size());
  if (settings.second_opinion && !model.second)
    log.warning(
        fmt::format("model {} has no second opinion (the rows kept from it hold one class only)", settings.name));
  if (model.second && model.calibration) model.second->intercept += model.calibration->shift;
  if (book.has_offers()) model.trials = count_trials(comm, book);
  const auto groups = group_rows(comm, book.schema(), train.monitor, monitored, rows.monitored);
  const Judged judged{.link = model.link,
                      .margins = margins,
                      .calibration = model.calibration,
                      .groups = groups,
                      .review_capacity = train.monitor.review_capacity,
                      .target = settings.target,
                      .monitor = &train.monitor};
  result.metrics = part_metrics(comm, rows, judged);
  model.training = {{"trees", model.forest.trees.size()}, {"importance", importance_json(model.forest, inputs)}};
  for (const auto& [part, metrics] : result.metrics.items())
    model.training["parts"][part] = {{"rows", metrics["rows"]}, {"positives", metrics["positives"]}};
  result.card =
      model_card(comm, {settings, train.split, book.schema(), inputs, rows, model, judged, result.metrics, seed});
  return result;
}

namespace {

/// The metrics without tables, for the manifest.
nlohmann::json without_tables(nlohmann::json metrics) {
  for (auto& [model, parts] : metrics.items())
    for (auto& [part, figures] : parts.items())
      for (const char* table : {"groups", "gains", "uncalibrated", "fairness"}) figures.erase(table);
  return metrics;
}

}  // namespace

TrainOutcome train_all(const parallel::Communicator& comm, const std::filesystem::path& book_path,
                       const TrainSettings& train, std::uint64_t seed, int threads, const std::filesystem::path& run,
                       Log& log, CardOrigin origin) {
  std::optional<borrowers::BookReader> book;
  parallel::together(comm, [&] { book.emplace(book_path); });
  origin.book_digest = storage::file_digest(comm, book_path);
  TrainOutcome outcome;
  outcome.rows = book->rows();
  outcome.metrics = nlohmann::json::object();
  const boosting::CommunicatorSession session(
      comm, {.network_interface = train.tracker_host, .timeout_seconds = static_cast<int>(train.timeout_seconds)});
  for (const ModelSettings& settings : train.models) {
    if (!has_target(settings.target, *book)) {
      log.warning(
          fmt::format("model {} is not trained (the book has no outcome {})", settings.name, name_of(settings.target)));
      continue;
    }
    TrainedModel trained = train_model(session, *book, train, settings, seed, threads, log);
    outcome.metrics[settings.name] = trained.metrics;
    set_origin(trained.card, origin);
    for (const auto& [name, text] : {std::pair{settings.name + ".json", as_text(trained.model)},
                                     std::pair{settings.name + ".xgboost.json",
                                               boosting::as_xgboost_json(trained.model.forest, trained.model.bins)},
                                     std::pair{settings.name + ".card.json", trained.card.dump(2) + "\n"},
                                     std::pair{settings.name + ".card.md", card_page(trained.card)}}) {
      const std::filesystem::path path = run / "models" / name;
      outcome.files.push_back(storage::publish_text(comm, path, text));
    }
    log.info(metrics_line(settings.name, trained.metrics, trained.model.forest.trees.size()));
  }
  if (outcome.metrics.empty())
    throw parallel::AgreedError(ExitCode::bad_data, {fmt::format("{}: no model can be trained", book_path.string()),
                                                     "the book has none of the outcomes the models are about",
                                                     "train on a book with /outcome"});
  const std::filesystem::path path = run / "metrics.json";
  outcome.files.push_back(storage::publish_text(comm, path, outcome.metrics.dump(2) + "\n"));
  outcome.metrics = without_tables(std::move(outcome.metrics));
  return outcome;
}

}  // namespace proffer::models
