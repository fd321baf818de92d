#include "models/train.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "boosting/trainer.hpp"
#include "foundation/error.hpp"
#include "foundation/hash.hpp"
#include "foundation/text.hpp"
#include "models/calibration_rows.hpp"
#include "models/champion.hpp"
#include "models/fit_model.hpp"
#include "models/joint_train.hpp"
#include "models/part_metrics.hpp"
#include "models/price_identification.hpp"
#include "models/reject_inference.hpp"
#include "models/second_opinion.hpp"
#include "models/training_rows.hpp"
#include "models/uplift_rows.hpp"
#include "models/uplift_train.hpp"
#include "parallel/agreement.hpp"
#include "parallel/collectives.hpp"
#include "storage/publish.hpp"

namespace proffer::models {
namespace {

constexpr const char* uplift_key = "uplift";  // of metrics.json, beside the names of models

/// How many boosted trees the second opinion is to be compared with: those of the model, or (three times as many make)
/// the most rounds where the model is of another kind.
std::size_t trees_to_match(const ModelSettings& settings, const boosting::Forest& forest) {
  if (settings.kind == ModelKind::boosted) return forest.trees.size();
  return std::max<std::size_t>(1, static_cast<std::size_t>(settings.rounds) / 3);
}

void add_second_opinion(const boosting::CommunicatorSession& session, const ModelSettings& settings,
                        const ModelRows& collected, const std::optional<JointFit>& joint, std::uint64_t seed,
                        int threads, Log& log, Model& model) {
  model.second = joint ? joint->second
                       : second_opinion(session, collected.rows, settings.link, collected.bins(),
                                        boosting_options(settings, collected, seed, threads),
                                        settings.early_stopping > 0, trees_to_match(settings, model.forest));
  if (!model.second)
    log.warning(
        fmt::format("model {} has no second opinion (the rows kept from it hold one class only)", settings.name));
  if (model.second && model.calibration) model.second->intercept += model.calibration->shift;
}

/// Says in model, metrics and card whose trees come first.
void tell_continued(const Model& before, const ModelSettings& settings, TrainedModel& trained) {
  const nlohmann::json facts = {{"model", before.name},
                                {"sha256", hex(sha256(storage::read_text_file(*settings.continues)))},
                                {"trees", before.forest.trees.size()}};
  trained.model.training["continues"] = facts;
  const std::int32_t last = before.training.value("last_row", 0);
  if (last == 0)
    trained.model.training.erase("last_row");  // nobody knows it
  else
    trained.model.training["last_row"] = std::max(last, trained.model.training["last_row"].get<std::int32_t>());
  trained.metrics["continues"] = facts;
  trained.card["assumptions"].push_back(
      fmt::format("continues the {} trees of another model, {} (sha256 {}), which learnt from other rows",
                  before.forest.trees.size(), before.name, facts["sha256"].get<std::string>()));
}

}  // namespace

TrainedModel train_on_rows(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                           const TrainSettings& train, const ModelSettings& settings, const ModelRows& collected,
                           std::uint64_t seed, int threads, Log& log, const JointResponse* response) {
  const parallel::Communicator& comm = session.communicator();
  const TrainingRows& rows = collected.rows;
  const Inputs& inputs = collected.inputs;
  std::optional<JointFit> joint;
  if (settings.joint) joint.emplace(fit_joint(session, book, train, settings, collected, response, seed, threads, log));
  nlohmann::json declined;  // what was learnt from declined applicants
  ModelFit fit;
  if (joint) {
    fit = fit_of(std::move(joint->forest), collected.inputs, "joint");
  } else if (settings.rejects.infers()) {
    RejectFit with_rejects = fit_with_rejects(session, book, train, settings, collected, seed, threads, log);
    fit = std::move(with_rejects.fit);
    declined = std::move(with_rejects.report);
  } else {
    fit = fit_model(session, settings, collected, book.schema(), seed, threads, log);
  }

  TrainedModel result;
  Model& model = result.model;
  model.name = settings.name;
  model.target = settings.target;
  model.link = settings.link;
  model.horizon_months = horizon_of(settings.target, book.schema());
  model.features.assign(inputs.names.begin(),
                        inputs.names.begin() + static_cast<std::ptrdiff_t>(inputs.columns.size()));
  for (std::size_t column : inputs.columns) model.dictionaries.push_back(book.schema().columns[column].dictionary);
  model.offer_terms = inputs.terms;
  model.products = book.schema().products;
  model.channels = book.schema().channels;
  model.bins = rows.bins;
  model.forest = std::move(fit.forest);
  result.tables = std::move(fit.tables);
  std::vector<float> margins =
      joint ? std::move(joint->margins) : boosting::margins(model.forest, rows.codes, rows.rows(), threads);
  if (joint) model.joint = joint->joint;
  model.calibration = calibrate(comm, settings, rows, margins, log);
  if (settings.second_opinion) add_second_opinion(session, settings, collected, joint, seed, threads, log, model);
  if (book.has_offers()) model.trials = count_trials(comm, book);
  const auto groups = group_rows(comm, book.schema(), train.monitor, collected.monitored, rows.monitored);
  const Judged judged{.link = model.link,
                      .margins = margins,
                      .calibration = model.calibration,
                      .groups = groups,
                      .review_capacity = train.monitor.review_capacity,
                      .target = settings.target,
                      .monitor = &train.monitor};
  result.metrics = part_metrics(comm, rows, judged);
  model.training = std::move(fit.facts);
  for (const auto& [part, metrics] : result.metrics.items())
    model.training["parts"][part] = {{"rows", metrics["rows"]}, {"positives", metrics["positives"]}};
  model.training["last_row"] = last_row(comm, rows);
  if (joint) model.training["joint"] = joint->report;
  if (!declined.is_null()) model.training["rejects"] = declined;
  result.card =
      model_card(comm, {settings, train.split, book.schema(), inputs, rows, model, judged, result.metrics, seed});
  if (joint) result.metrics["joint"] = joint->report;
  if (!declined.is_null()) {
    const RejectSettings& rejects = settings.rejects;
    std::string line = fmt::format("declined applicants take part by {}", name_of(rejects.method));
    if (rejects.method == RejectMethod::ignore) line = "declined applicants take no part";
    if (rejects.method == RejectMethod::parcelling || rejects.method == RejectMethod::fuzzy)
      line += fmt::format(", with {} times the PD of the booked of the same score", shortest(rejects.increase));
    result.card["assumptions"].push_back(std::move(line));
    result.metrics["rejects"] = std::move(declined);
  }
  if (collected.continued) tell_continued(*collected.continued, settings, result);
  result.margins = std::move(margins);
  return result;
}

std::vector<TrainedModel> train_model(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                                      const TrainSettings& train, const ModelSettings& settings, std::uint64_t seed,
                                      int threads, Log& log, const JointResponse* response,
                                      const Membership* membership) {
  const ModelRows rows = collect_model_rows(session.communicator(), book, train, settings, seed, log, membership);
  std::vector<TrainedModel> trained;
  if (settings.challengers.empty()) {
    trained.push_back(train_on_rows(session, book, train, settings, rows, seed, threads, log, response));
    return trained;
  }
  std::vector<ModelSettings> contenders = settings.challengers;
  contenders.insert(contenders.begin(), settings);
  contenders[0].name += "." + std::string(champion_name);
  std::vector<Candidate> candidates;
  for (ModelSettings& contender : contenders) {
    contender.second_opinion = contender.joint.has_value();  // of the others only the one that is promoted needs it
    trained.push_back(train_on_rows(session, book, train, contender, rows, seed, threads, log, response));
    candidates.push_back({contender.name.substr(settings.name.size() + 1), std::string(name_of(contender.kind)),
                          probabilities(trained.back().model, trained.back().margins)});
    log.info(metrics_line(contender.name, trained.back().metrics, trained.back().model.forest.trees.size()));
  }
  const Contest contest = compare(session.communicator(), settings.promotion, candidates, rows.rows, seed);
  log.info(fmt::format("model {}: {}", settings.name, contest.reason));
  TrainedModel& best = trained[contest.promoted];
  best.model.name = settings.name;
  if (settings.second_opinion && !best.model.joint)
    add_second_opinion(session, contenders[contest.promoted], rows, {}, seed, threads, log, best.model);
  best.model.training["comparison"] = contest.facts;
  best.metrics["comparison"] = contest.facts;
  std::swap(trained.front(), best);
  return trained;
}

namespace {

/// Collective. All files of one model.
void write_model(const parallel::Communicator& comm, const TrainedModel& trained, const std::filesystem::path& folder,
                 std::vector<storage::Published>& files) {
  const Model& model = trained.model;
  std::vector<ModelTable> texts = {{"json", as_text(model)},
                                   {"xgboost.json", boosting::as_xgboost_json(model.forest, model.bins)},
                                   {"card.json", trained.card.dump(2) + "\n"},
                                   {"card.md", card_page(trained.card)}};
  texts.insert(texts.end(), trained.tables.begin(), trained.tables.end());
  for (const ModelTable& table : texts) {
    const std::filesystem::path path = folder / (model.name + "." + table.suffix);
    files.push_back(storage::publish_text(comm, path, table.text));
  }
}

/// The trained model of the response that a joint model, or a joint challenger, is learnt with.
std::optional<JointResponse> response_of(const ModelSettings& settings, const TrainSettings& train,
                                         const std::map<std::string, Model>& trained) {
  const JointSettings* joint = settings.joint ? &*settings.joint : nullptr;
  for (const ModelSettings& challenger : settings.challengers)
    if (joint == nullptr && challenger.joint) joint = &*challenger.joint;
  if (joint == nullptr) return std::nullopt;
  const auto model = trained.find(joint->response);
  const auto named = std::ranges::find(train.models, joint->response, &ModelSettings::name);
  if (model == trained.end() || named == train.models.end())
    throw UsageError({fmt::format("{}: joint.response names '{}'", joint->where, joint->response),
                      "no model of that name with target responded was trained before",
                      "name a response model above it in train.models"});
  return JointResponse{&model->second, &*named};
}

/// Says in model, metrics and card that the rows are not of the lender's own borrowers.
void tell_cold_start(const nlohmann::json& facts, TrainedModel& trained) {
  trained.model.training["cold_start"] = facts;
  trained.metrics["cold_start"] = facts;
  trained.card["assumptions"].push_back(
      "cold start: learnt from an external book, weighted by membership to look like the lender's own borrowers; the "
      "same inputs are taken to lead to the same outcomes in both books");
  trained.card["limits_of_use"].push_back(fmt::format(
      "has seen no outcome of the lender's own borrowers: its figures are of the external book, unweighted; {} rows "
      "count like {}",
      with_thousands(facts["rows"].get<long long>()),
      with_thousands(static_cast<long long>(facts["effective_rows"].get<double>()))));
}

/// Says in model and card what tells how the outcome moves with the rate; warns where nothing does.
void tell_prices(const std::string& identified_by, TrainedModel& trained, Log& log) {
  trained.model.training["prices_identified_by"] = identified_by;
  if (identified_by != "nothing") return;
  if (trained.model.joint) return;  // has said so, with what it means for rho
  trained.card["limits_of_use"].push_back(
      "what rates change is not identified: no offer of its book was drawn at random, so that those who were asked "
      "more differ in more than the rate");
  log.warning(fmt::format(
      "model {}: what rates change is not identified (no offer has a propensity, and no joint.drawn_within is set): "
      "name economics.prices, and see the list across a range of them by proffer sensitivity",
      trained.model.name));
}

/// The metrics without tables, for the manifest.
nlohmann::json without_tables(nlohmann::json metrics) {
  if (metrics.contains(uplift_key))
    for (auto& [name, uplift] : metrics[uplift_key].items()) uplift = without_curves(uplift);
  for (auto& [model, parts] : metrics.items())
    for (auto& [part, figures] : parts.items())
      for (const char* table : {"groups", "gains", "uncalibrated", "fairness"}) figures.erase(table);
  return metrics;
}

}  // namespace

namespace {

/// Collective. Every uplift model whose outcome the book has.
void train_uplifts(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                   const TrainSettings& train, std::uint64_t seed, int threads, const CardOrigin& origin,
                   const std::filesystem::path& folder, Log& log, TrainOutcome& outcome) {
  for (const UpliftSettings& settings : train.uplift) {
    const std::string& name = settings.trees.name;
    if (!has_outcome(settings, book)) {
      log.warning(
          fmt::format("uplift {} is not trained (the book has no outcome {})", name, name_of(settings.trees.target)));
      continue;
    }
    TrainedUplift trained = train_uplift(session, book, train, settings, seed, threads, origin, log);
    for (const ModelTable& file : trained.files)
      outcome.files.push_back(
          storage::publish_text(session.communicator(), folder / (name + "." + file.suffix), file.text));
    log.info(uplift_line(name, trained.metrics));
    outcome.metrics[uplift_key][name] = std::move(trained.metrics);
  }
}

}  // namespace

TrainOutcome train_all(const parallel::Communicator& comm, const std::filesystem::path& book_path,
                       const TrainSettings& train, std::uint64_t seed, int threads, const std::filesystem::path& run,
                       Log& log, CardOrigin origin) {
  std::optional<borrowers::BookReader> book;
  parallel::together(comm, [&] { book.emplace(book_path); });
  if (parallel::any_over_ranks(comm, origin.book_digest.empty()))
    origin.book_digest = storage::file_digest(comm, book_path);
  TrainOutcome outcome;
  outcome.rows = book->rows();
  outcome.metrics = nlohmann::json::object();
  const boosting::CommunicatorSession session(
      comm, {.network_interface = train.tracker_host, .timeout_seconds = static_cast<int>(train.timeout_seconds)});
  std::optional<Membership> membership;
  if (train.look_alike) membership.emplace(learn_membership(session, *book, *train.look_alike, seed, threads, log));
  const bool propensities = any_propensity(comm, *book);
  std::map<std::string, Model> responses;  // that joint models are learnt with
  for (const ModelSettings& settings : train.models) {
    if (!has_target(settings.target, *book)) {
      log.warning(
          fmt::format("model {} is not trained (the book has no outcome {})", settings.name, name_of(settings.target)));
      continue;
    }
    std::optional<JointResponse> response;
    parallel::together(comm, [&] { response = response_of(settings, train, responses); });
    std::vector<TrainedModel> trained =
        train_model(session, *book, train, settings, seed, threads, log, response ? &*response : nullptr,
                    membership ? &*membership : nullptr);
    if (settings.target == Target::responded) responses.emplace(settings.name, trained.front().model);
    if (membership)
      for (TrainedModel& each : trained) tell_cold_start(membership->facts(), each);
    if (const auto identified_by = prices_identified_by(train, settings, propensities))
      for (TrainedModel& each : trained)  // a joint model has looked at the rows that it learnt from
        tell_prices(each.model.joint ? each.metrics["joint"]["identified_by"].get<std::string>() : *identified_by, each,
                    log);
    outcome.metrics[settings.name] = trained.front().metrics;
    for (TrainedModel& each : trained) {
      set_origin(each.card, origin);
      write_model(comm, each, run / "models", outcome.files);
    }
    log.info(metrics_line(settings.name, trained.front().metrics, trained.front().model.forest.trees.size()));
  }
  train_uplifts(session, *book, train, seed, threads, origin, run / "models", log, outcome);
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
