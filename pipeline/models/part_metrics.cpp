#include "models/part_metrics.hpp"

#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <vector>

#include "evaluation/binary_metrics.hpp"
#include "foundation/text.hpp"
#include "models/fairness.hpp"
#include "models/model.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

nlohmann::json or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json calibration_json(const std::vector<evaluation::CalibrationBin>& bins) {
  nlohmann::json json = nlohmann::json::array();
  for (const evaluation::CalibrationBin& bin : bins)
    json.push_back({{"rows", bin.rows},
                    {"lowest", bin.lowest},
                    {"highest", bin.highest},
                    {"mean_predicted", bin.mean_predicted},
                    {"observed_rate", bin.observed_rate}});
  return json;
}

nlohmann::json hosmer_lemeshow_json(const std::vector<evaluation::CalibrationBin>& bins, Part part) {
  // The model is fitted on the train rows and its calibration on the valid ones.
  const auto sample = part == Part::train || part == Part::valid ? evaluation::HosmerLemeshowSample::fitted
                                                                 : evaluation::HosmerLemeshowSample::held_out;
  const auto test = evaluation::hosmer_lemeshow(bins, sample);
  if (!test) return nullptr;
  const bool finite = std::isfinite(test->statistic);
  return {{"statistic", finite ? nlohmann::json(test->statistic) : nlohmann::json(nullptr)},
          {"degrees", test->degrees},
          {"p_value", test->p_value},
          {"effect", finite ? nlohmann::json(test->effect) : nlohmann::json(nullptr)}};
}

nlohmann::json gains_json(const std::vector<evaluation::GainsRow>& gains) {
  nlohmann::json json = nlohmann::json::array();
  for (const evaluation::GainsRow& row : gains)
    json.push_back({{"share", row.share}, {"captured", row.captured}, {"lift", row.lift}});
  return json;
}

/// What calibration changes.
nlohmann::json level_json(const evaluation::BinaryMetrics& metrics, Part part) {
  return {{"mean_predicted", or_null(metrics.mean_predicted)},
          {"log_loss", or_null(metrics.log_loss)},
          {"brier", or_null(metrics.brier)},
          {"expected_calibration_error", or_null(metrics.ece)},
          {"hosmer_lemeshow", hosmer_lemeshow_json(metrics.deciles, part)},
          {"calibration", calibration_json(metrics.deciles)}};
}

nlohmann::json metrics_json(const evaluation::BinaryMetrics& metrics, Part part) {
  nlohmann::json json = level_json(metrics, part);
  json["rows"] = metrics.rows;
  json["positives"] = static_cast<std::uint64_t>(metrics.positives);
  json["base_rate"] = or_null(metrics.base_rate);
  json["auc"] = or_null(metrics.auc);
  json["gini"] = or_null(metrics.gini);
  json["ks"] = or_null(metrics.ks);
  json["average_precision"] = or_null(metrics.pr_auc);
  return json;
}

/// Some rows, with their probabilities before and after calibration.
struct Chosen {
  std::vector<double> probability, uncalibrated;
  std::vector<std::uint8_t> label;
};

template <class Wanted>
Chosen choose(const TrainingRows& rows, const Judged& judged, Wanted wanted) {
  Chosen chosen;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (!wanted(i)) continue;
    chosen.probability.push_back(probability(judged.link, judged.calibration, judged.margins[i]));
    if (judged.calibration) chosen.uncalibrated.push_back(probability(judged.link, judged.margins[i]));
    chosen.label.push_back(rows.label[i]);
  }
  return chosen;
}

nlohmann::json group_metrics(const parallel::Communicator& comm, const TrainingRows& rows, const Judged& judged,
                             Part part) {
  nlohmann::json json = nlohmann::json::object();
  for (const Grouping& grouping : judged.groups) {
    nlohmann::json& list = json[grouping.column] = nlohmann::json::array();
    for (std::size_t g = 0; g < grouping.labels.size(); ++g) {
      const Chosen chosen = choose(rows, judged, [&](std::size_t i) {
        return rows.part[i] == part && grouping.code[i] == static_cast<std::uint8_t>(g);
      });
      const auto metrics = evaluation::binary_metrics(comm, chosen.probability, chosen.label);
      if (metrics.rows == 0) continue;
      list.push_back(metrics_json(metrics, part));
      list.back()["group"] = grouping.labels[g];
      if (judged.calibration)
        list.back()["uncalibrated"] =
            level_json(evaluation::binary_metrics(comm, chosen.uncalibrated, chosen.label), part);
    }
  }
  return json;
}

nlohmann::json fairness_json(const parallel::Communicator& comm, const TrainingRows& rows, const Judged& judged,
                             Part part, const Chosen& chosen) {
  std::vector<Grouping> of_part;
  for (const Grouping& grouping : judged.groups) {
    of_part.push_back({grouping.column, grouping.monitored, grouping.labels, {}});
    for (std::size_t i = 0; i < rows.rows(); ++i)
      if (rows.part[i] == part) of_part.back().code.push_back(grouping.code[i]);
  }
  return model_fairness(comm, judged.target, *judged.monitor, of_part, chosen.probability, chosen.label);
}

}  // namespace

nlohmann::json part_metrics(const parallel::Communicator& comm, const TrainingRows& rows, const Judged& judged) {
  nlohmann::json json = nlohmann::json::object();
  for (Part part : {Part::train, Part::valid, Part::test, Part::out_of_time}) {
    const Chosen chosen = choose(rows, judged, [&](std::size_t i) { return rows.part[i] == part; });
    const auto metrics = evaluation::binary_metrics(comm, chosen.probability, chosen.label);
    if (metrics.rows == 0) continue;
    nlohmann::json& of_part = json[std::string(name_of(part))] = metrics_json(metrics, part);
    of_part["gains"] = gains_json(metrics.gains);
    if (judged.review_capacity) {
      const auto ranking = evaluation::binary_ranking(comm, chosen.probability, chosen.label);
      const auto capacity = static_cast<double>(*judged.review_capacity);
      of_part["recall_at_capacity"] = {{"capacity", *judged.review_capacity},
                                       {"recall", or_null(evaluation::recall_at(ranking, capacity))}};
    }
    if (judged.calibration)
      of_part["uncalibrated"] = level_json(evaluation::binary_metrics(comm, chosen.uncalibrated, chosen.label), part);
    if (part == Part::train || judged.groups.empty()) continue;
    of_part["groups"] = group_metrics(comm, rows, judged, part);
    if (judged.monitor) of_part["fairness"] = fairness_json(comm, rows, judged, part, chosen);
  }
  return json;
}

nlohmann::json interval_json(const std::optional<evaluation::Interval>& interval) {
  if (!interval) return nullptr;
  return {{"value", interval->estimate},
          {"lower", interval->lower},
          {"upper", interval->upper},
          {"standard_error", interval->standard_error}};
}

std::string metrics_line(const std::string& name, const nlohmann::json& metrics, std::size_t trees) {
  std::string line = fmt::format("model {}: {} trees", name, trees);
  for (const char* part : {"test", "out_of_time"}) {
    if (!metrics.contains(part)) continue;
    const nlohmann::json& m = metrics[part];
    const auto number = [&](const char* key) {
      return m[key].is_null() ? std::string("–") : fmt::format("{:.4f}", m[key].get<double>());
    };
    line += fmt::format("; {}: {} rows, AUC {}, KS {}, log loss {}",
                        part == std::string("test") ? "held out" : "out of time",
                        with_thousands(m["rows"].get<long long>()), number("auc"), number("ks"), number("log_loss"));
  }
  return line;
}

}  // namespace proffer::models
