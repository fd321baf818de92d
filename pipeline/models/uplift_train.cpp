#include "models/uplift_train.hpp"

#include <fmt/format.h>

#include "boosting/forest.hpp"
#include "models/model.hpp"
#include "models/second_opinion.hpp"
#include "models/uplift_balance.hpp"
#include "models/uplift_card.hpp"
#include "models/uplift_fit.hpp"
#include "models/uplift_metrics.hpp"
#include "models/uplift_model.hpp"
#include "models/uplift_rows.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

json parts_of(const parallel::Communicator& comm, const TrainingRows& rows) {
  std::vector<std::uint64_t> counts(2 * part_count);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    ++counts[2 * static_cast<std::size_t>(rows.part[i])];
    counts[2 * static_cast<std::size_t>(rows.part[i]) + 1] += rows.label[i];
  }
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  json parts = json::object();
  for (std::size_t p = 0; p < part_count; ++p)
    if (counts[2 * p] > 0)
      parts[std::string(name_of(static_cast<Part>(p)))] = {{"rows", counts[2 * p]}, {"positives", counts[2 * p + 1]}};
  return parts;
}

/// Response without contact, as a model that score can read.
Model control_model(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                    const UpliftSettings& settings, const UpliftRows& rows, const UpliftModel& uplift,
                    std::uint64_t seed, int threads) {
  const ModelRows controls = rows_of_arm(rows, 0);
  Model model;
  model.name = uplift.name + ".control";
  model.target = Target::responded;
  model.features = uplift.features;
  model.dictionaries = uplift.dictionaries;
  model.products = book.schema().products;
  model.channels = book.schema().channels;
  model.bins = uplift.bins;
  model.forest = uplift.arms[0].outcome;
  model.second = second_opinion(session, controls.rows, model.link, controls.bins(),
                                boosting_options(settings.trees, controls, seed, threads),
                                settings.trees.early_stopping > 0, model.forest.trees.size());
  const ModelFit facts = fit_of(model.forest, controls.inputs, "boosted");
  model.training = facts.facts;
  model.training["parts"] = parts_of(session.communicator(), controls.rows);
  model.training["last_row"] = last_row(session.communicator(), controls.rows);
  return model;
}

void add_files(const UpliftModel& model, const json& card, TrainedUplift& trained) {
  trained.files.push_back({"json", as_text(model)});
  for (std::size_t a = 0; a < model.arms.size(); ++a) {
    const std::string arm = a == 0 ? "control" : fmt::format("treatment{}", a);
    const UpliftArm& of = model.arms[a];
    trained.files.push_back({arm + ".xgboost.json", boosting::as_xgboost_json(of.outcome, model.bins)});
    if (!of.effect) continue;
    trained.files.push_back(
        {arm + ".effect_of_treated.xgboost.json", boosting::as_xgboost_json(of.effect->of_treated, model.bins)});
    trained.files.push_back(
        {arm + ".effect_of_controls.xgboost.json", boosting::as_xgboost_json(of.effect->of_controls, model.bins)});
  }
  trained.files.push_back({"card.json", card.dump(2) + "\n"});
  trained.files.push_back({"card.md", uplift_card_page(card)});
}

}  // namespace

TrainedUplift train_uplift(const boosting::CommunicatorSession& session, const borrowers::BookReader& book,
                           const TrainSettings& train, const UpliftSettings& settings, std::uint64_t seed, int threads,
                           const CardOrigin& origin, Log& log) {
  const parallel::Communicator& comm = session.communicator();
  const UpliftRows rows = collect_uplift_rows(comm, book, train, settings, seed, log);
  UpliftModel model = fit_uplift(session, settings, rows, book.schema(), seed, threads, log);
  model.training["parts"] = parts_of(comm, rows.all.rows);
  std::vector<std::vector<double>> by_treatment;
  for (std::size_t a = 1; a < model.arms.size(); ++a)
    by_treatment.push_back(effects(model, a, rows.all.rows.codes, threads));
  TrainedUplift trained;
  trained.metrics = uplift_metrics(comm, settings, rows, by_treatment, seed);
  json card = uplift_card(settings, rows, model, trained.metrics, arm_balance(comm, rows));
  set_origin(card, origin);
  add_files(model, card, trained);
  if (settings.outcome_column.empty() && settings.trees.target == Target::responded)
    trained.files.push_back(
        {"control.json", as_text(control_model(session, book, settings, rows, model, seed, threads))});
  trained.metrics["outcome"] = model.outcome;
  trained.metrics["learner"] = std::string(name_of(model.learner));
  trained.metrics["control"] = rows.arms[0];
  return trained;
}

std::string uplift_line(const std::string& name, const json& metrics) {
  std::string line = fmt::format("uplift {}", name);
  for (const char* part : {"test", "out_of_time"}) {
    if (!metrics.contains(part)) continue;
    for (const json& treatment : metrics[part]["treatments"])
      if (treatment.contains("top") && treatment["effect"].is_object())
        line += fmt::format(
            "; {} {}: effect {:.4f}, of the highest {:.0f} % {:.4f}, Qini area per row {:.5f}",
            part == std::string("test") ? "held out" : "out of time", treatment["treatment"].get<std::string>(),
            treatment["effect"]["value"].get<double>(), 100 * treatment["top"]["share"].get<double>(),
            treatment["top"]["uplift"]["value"].get<double>(), treatment["qini"]["area"]["value"].get<double>());
  }
  return line;
}

json without_curves(json metrics) {
  for (auto& [part, facts] : metrics.items()) {
    if (!facts.is_object() || !facts.contains("treatments")) continue;
    for (json& treatment : facts["treatments"]) {
      treatment.erase("deciles");
      if (treatment.contains("qini")) treatment["qini"].erase("curve");
    }
  }
  return metrics;
}

}  // namespace proffer::models
