#include "models/card.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "evaluation/bootstrap.hpp"
#include "evaluation/losses.hpp"
#include "evaluation/stability.hpp"
#include "models/card_inputs.hpp"
#include "models/card_text.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

constexpr std::array card_parts = {Part::train, Part::valid, Part::test, Part::out_of_time};

/// The part that stability compares the training rows with.
Part later_part(const json& metrics) {
  return rows_in(metrics, Part::out_of_time) > 0 ? Part::out_of_time : Part::test;
}

struct Month {
  std::int64_t month = 0;  // YYYYMM
  std::uint64_t rows = 0, positives = 0;
};

json vintages(const parallel::Communicator& comm, const TrainingRows& rows) {
  std::map<std::int64_t, Month> months;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    Month& month = months[rows.as_of[i] / 100];
    ++month.rows;
    month.positives += rows.label[i];
  }
  std::vector<Month> mine;
  for (auto& [number, month] : months) {
    month.month = number;
    mine.push_back(month);
  }
  months.clear();
  for (const Month& part : parallel::all_gather<Month>(comm, mine)) {
    Month& month = months[part.month];
    month.rows += part.rows;
    month.positives += part.positives;
  }
  json list = json::array();
  for (const auto& [number, month] : months)
    list.push_back({{"month", number},
                    {"rows", month.rows},
                    {"positives", month.positives},
                    {"rate", static_cast<double>(month.positives) / static_cast<double>(month.rows)}});
  return list;
}

json dates(const parallel::Communicator& comm, const TrainingRows& rows, Part part) {
  constexpr std::int64_t none = 99999999;
  std::array<std::int64_t, 2> ends = {none, none};  // first, −last
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.part[i] != part) continue;
    ends[0] = std::min<std::int64_t>(ends[0], rows.as_of[i]);
    ends[1] = std::min<std::int64_t>(ends[1], -std::int64_t{rows.as_of[i]});
  }
  parallel::all_reduce_min(comm, std::span<std::int64_t>(ends));
  return {{"first", ends[0]}, {"last", -ends[1]}};
}

json data_facts(const parallel::Communicator& comm, const CardSubject& subject) {
  json parts = json::object();
  for (Part part : card_parts) {
    if (rows_in(subject.metrics, part) == 0) continue;
    json& facts = parts[std::string(name_of(part))] = dates(comm, subject.rows, part);
    facts["rows"] = rows_in(subject.metrics, part);
    facts["positives"] = subject.metrics[std::string(name_of(part))]["positives"];
  }
  const auto& codes = subject.rows.outcomes;
  json outcomes = {{"no", codes[0]},
                   {"yes", codes[1]},
                   {"excluded", codes[2]},
                   {"indeterminate", codes[3]},
                   {"immature_or_unknown", codes[4]}};
  return {{"parts", parts}, {"outcomes", outcomes}, {"vintages", vintages(comm, subject.rows)}};
}

/// The rows of a part, as the judge sees them.
struct PartRows {
  std::vector<double> probability;
  std::vector<std::uint8_t> label;
  std::vector<std::uint64_t> unit;
};
PartRows rows_of(const CardSubject& subject, Part part) {
  PartRows chosen;
  for (std::size_t i = 0; i < subject.rows.rows(); ++i) {
    if (subject.rows.part[i] != part) continue;
    chosen.probability.push_back(
        probability(subject.judged.link, subject.judged.calibration, subject.judged.margins[i]));
    chosen.label.push_back(subject.rows.label[i]);
    chosen.unit.push_back(subject.rows.unit[i]);
  }
  return chosen;
}

json auc_interval_json(const parallel::Communicator& comm, const CardSubject& subject, const PartRows& rows,
                       std::uint64_t all) {
  evaluation::Bootstrap bootstrap;
  bootstrap.seed = subject.seed;
  // Enough for an interval, few enough for millions of rows.
  bootstrap.replicates =
      static_cast<int>(std::clamp<std::uint64_t>(20'000'000 / std::max<std::uint64_t>(1, all), 50, 200));
  const auto interval = evaluation::auc_interval(comm, rows.probability, rows.label, rows.unit, bootstrap);
  return interval ? json{interval->lower, interval->upper} : json();
}

/// mean ± 1.96 standard errors of the losses of rows.
json loss_interval_json(const parallel::Communicator& comm, const PartRows& rows, std::uint64_t all) {
  std::vector<double> loss, square;
  for (std::size_t i = 0; i < rows.label.size(); ++i) {
    loss.push_back(evaluation::log_loss_of(rows.probability[i], rows.label[i] == 1));
    square.push_back(loss.back() * loss.back());
  }
  const auto mean = evaluation::exact_mean(comm, loss), of_squares = evaluation::exact_mean(comm, square);
  if (!mean || all < 2) return {};
  const double variance = std::max(0.0, *of_squares - *mean * *mean) / static_cast<double>(all - 1);
  constexpr double z = 1.959963984540054;
  return {*mean - z * std::sqrt(variance), *mean + z * std::sqrt(variance)};
}

json performance(const parallel::Communicator& comm, const CardSubject& subject) {
  json parts = json::object();
  for (Part part : card_parts) {
    const std::uint64_t all = rows_in(subject.metrics, part);
    if (all == 0) continue;
    const json& metrics = subject.metrics[std::string(name_of(part))];
    json& facts = parts[std::string(name_of(part))] = json::object();
    for (const char* key : {"rows", "base_rate", "mean_predicted", "auc", "gini", "ks", "average_precision", "log_loss",
                            "brier", "expected_calibration_error", "hosmer_lemeshow"})
      facts[key] = metrics[key];
    if (metrics.contains("uncalibrated"))
      facts["uncalibrated_calibration_error"] = metrics["uncalibrated"]["expected_calibration_error"];
    if (part != Part::test && part != Part::out_of_time) continue;
    const PartRows rows = rows_of(subject, part);
    facts["auc_interval"] = auc_interval_json(comm, subject, rows, all);
    facts["log_loss_interval"] = loss_interval_json(comm, rows, all);
  }
  return parts;
}

json score_stability(const parallel::Communicator& comm, const CardSubject& subject, Part later) {
  if (rows_in(subject.metrics, later) == 0 || rows_in(subject.metrics, Part::train) == 0) return {};
  const evaluation::Stability moved = evaluation::stability_of_scores(comm, rows_of(subject, Part::train).probability,
                                                                      rows_of(subject, later).probability);
  return {{"compared", fmt::format("train with {}", name_of(later))},
          {"psi", moved.psi},
          {"expected", moved.expected},
          {"threshold", moved.threshold},
          {"shift", std::string(name_of(moved.shift))}};
}

/// Of the rows that the model was tested on.
json fairness_of(const CardSubject& subject) {
  for (Part part : {Part::test, Part::out_of_time, Part::valid}) {
    const std::string name(name_of(part));
    if (rows_in(subject.metrics, part) == 0 || !subject.metrics[name].contains("fairness")) continue;
    json fairness = subject.metrics[name]["fairness"];
    fairness["part"] = name;
    return fairness;
  }
  return {};
}

}  // namespace

json model_card(const parallel::Communicator& comm, const CardSubject& subject) {
  const Model& model = subject.model;
  const Part later = later_part(subject.metrics);
  json terms = json::array();
  for (Term term : model.offer_terms) terms.push_back(std::string(name_of(term)));
  json card = {
      {"format", "proffer-model-card"},
      {"format_version", "1.0"},
      {"model",
       {{"name", model.name},
        {"target", std::string(name_of(model.target))},
        {"link", std::string(name_of(model.link))},
        {"horizon_months", model.horizon_months},
        {"offer_terms", terms},
        {"trees", model.forest.trees.size()},
        {"second_opinion", model.second.has_value()}}},
      {"data", data_facts(comm, subject)},
      {"inputs", card_inputs(comm, subject, later)},
      {"performance", performance(comm, subject)},
      {"calibration",
       {{"method", std::string(name_of(subject.settings.calibration.method))},
        {"fitted", model.calibration.has_value()},
        {"anchor", subject.settings.calibration.anchor ? json(*subject.settings.calibration.anchor) : json()}}},
      {"stability", score_stability(comm, subject, later)},
      {"fairness", fairness_of(subject)},
      {"assumptions", card_assumptions(subject)}};
  card["limits_of_use"] = card_limits(subject, card);
  return card;
}

void set_origin(json& card, const CardOrigin& origin) {
  card["origin"] = {
      {"software", origin.software}, {"config_hash", origin.config_hash}, {"book_sha256", origin.book_digest}};
}

}  // namespace proffer::models
