#include "models/part_metrics.hpp"

#include <fmt/format.h>

#include <optional>

#include "evaluation/binary_metrics.hpp"
#include "foundation/text.hpp"
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

nlohmann::json metrics_of(const parallel::Communicator& comm, const std::vector<double>& probabilities,
                          const std::vector<std::uint8_t>& labels) {
  const evaluation::BinaryMetrics metrics = evaluation::binary_metrics(comm, probabilities, labels);
  return {{"rows", metrics.rows},
          {"positives", static_cast<std::uint64_t>(metrics.positives)},
          {"base_rate", or_null(metrics.base_rate)},
          {"auc", or_null(metrics.auc)},
          {"gini", or_null(metrics.gini)},
          {"ks", or_null(metrics.ks)},
          {"average_precision", or_null(metrics.pr_auc)},
          {"log_loss", or_null(metrics.log_loss)},
          {"brier", or_null(metrics.brier)},
          {"expected_calibration_error", or_null(metrics.ece)},
          {"calibration", calibration_json(metrics.deciles)}};
}

}  // namespace

nlohmann::json part_metrics(const parallel::Communicator& comm, Link link, const boosting::Forest& forest,
                            const TrainingRows& rows, int threads) {
  std::vector<float> margin(rows.rows(), forest.base_margin);
  boosting::add_margins(forest, 0, rows.codes, margin, threads);
  nlohmann::json json = nlohmann::json::object();
  for (Part part : {Part::train, Part::valid, Part::test, Part::out_of_time}) {
    std::vector<double> probabilities;
    std::vector<std::uint8_t> labels;
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      if (rows.part[i] != part) continue;
      probabilities.push_back(probability(link, margin[i]));
      labels.push_back(rows.label[i]);
    }
    if (parallel::sum_over_ranks(comm, std::uint64_t{labels.size()}) == 0) continue;
    json[std::string(name_of(part))] = metrics_of(comm, probabilities, labels);
  }
  return json;
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
