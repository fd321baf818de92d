#include "models/champion.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>

#include "evaluation/paired_bootstrap.hpp"
#include "models/part_metrics.hpp"

namespace proffer::models {
namespace {

using evaluation::Interval;
using evaluation::MeasureReplicates;
using Values = std::vector<std::optional<double>>;

constexpr double level = 0.95;
constexpr std::array<Criterion, 4> criteria = {Criterion::auc, Criterion::ks, Criterion::log_loss, Criterion::brier};

const Values& values_of(const MeasureReplicates& measures, Criterion criterion) {
  switch (criterion) {
    case Criterion::auc:
      return measures.auc;
    case Criterion::ks:
      return measures.ks;
    case Criterion::log_loss:
      return measures.log_loss;
    case Criterion::brier:
      break;
  }
  return measures.brier;
}

nlohmann::json measures_json(const MeasureReplicates& own, const MeasureReplicates* champion) {
  nlohmann::json json = nlohmann::json::object();
  for (const Criterion criterion : criteria) {
    const std::string name(name_of(criterion));
    json[name] = interval_json(evaluation::interval_of(values_of(own, criterion), level));
    if (champion != nullptr)
      json["difference"][name] = interval_json(evaluation::interval_of(
          evaluation::differences(values_of(own, criterion), values_of(*champion, criterion)), level));
  }
  return json;
}

/// What every candidate measures on one part, in the same replicates.
std::vector<MeasureReplicates> judge(const parallel::Communicator& comm, const PromotionSettings& rules,
                                     std::span<const Candidate> candidates, const TrainingRows& rows, Part part,
                                     std::uint64_t seed) {
  std::vector<std::uint8_t> labels;
  std::vector<std::uint64_t> units;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.part[i] != part) continue;
    labels.push_back(rows.label[i]);
    units.push_back(rows.unit[i]);
  }
  std::vector<MeasureReplicates> measured;
  for (const Candidate& candidate : candidates) {
    std::vector<double> chosen;
    for (std::size_t i = 0; i < rows.rows(); ++i)
      if (rows.part[i] == part) chosen.push_back(candidate.probability[i]);
    measured.push_back(evaluation::replicate_measures(comm, chosen, labels, units,
                                                      {.seed = seed, .replicates = rules.replicates, .level = level}));
  }
  return measured;
}

/// How much better than the champion a challenger is by the rules: the difference, or its cautious end.
std::optional<double> lead(const PromotionSettings& rules, const MeasureReplicates& own,
                           const MeasureReplicates& champion) {
  const auto interval =
      evaluation::interval_of(evaluation::differences(values_of(own, rules.by), values_of(champion, rules.by)), level);
  if (!interval) return std::nullopt;
  const double sign = rises(rules.by) ? 1 : -1;
  if (!rules.certain) return sign * interval->estimate;
  return rises(rules.by) ? interval->lower : -interval->upper;
}

std::size_t best(const PromotionSettings& rules, const std::vector<MeasureReplicates>& measured) {
  const double sign = rises(rules.by) ? 1 : -1;
  std::size_t promoted = 0;
  double highest = 0;
  for (std::size_t i = 1; i < measured.size(); ++i) {
    const auto ahead = lead(rules, measured[i], measured[0]);
    if (!ahead || !(*ahead > rules.margin)) continue;
    const double value = sign * *values_of(measured[i], rules.by)[0];
    if (promoted != 0 && !(value > highest)) continue;
    promoted = i;
    highest = value;
  }
  return promoted;
}

std::string reason_of(const PromotionSettings& rules, std::span<const Candidate> candidates, std::size_t promoted,
                      const std::vector<MeasureReplicates>& measured) {
  const std::string part = rules.out_of_time ? "out-of-time" : "test";
  const auto& champion = values_of(measured[0], rules.by);
  if (champion.empty() || !champion[0])
    return fmt::format("the champion stays: the {} rows cannot tell {}", part, name_of(rules.by));
  const auto value = [&](std::size_t i) { return *values_of(measured[i], rules.by)[0]; };
  if (promoted == 0) {
    const std::string least = rules.margin > 0 ? fmt::format(" by more than {}", rules.margin) : "";
    return fmt::format("the champion stays: {} {:.4f} on the {} rows, and no challenger is {}better{}",
                       name_of(rules.by), value(0), part, rules.certain ? "certainly " : "", least);
  }
  const auto interval =
      evaluation::interval_of(evaluation::differences(values_of(measured[promoted], rules.by), champion), level);
  return fmt::format(
      "{} is promoted: {} {:.4f} on the {} rows, the champion has {:.4f} (difference {:+.4f}, 95 % {:+.4f} to "
      "{:+.4f})",
      candidates[promoted].name, name_of(rules.by), value(promoted), part, value(0), interval->estimate,
      interval->lower, interval->upper);
}

}  // namespace

Contest compare(const parallel::Communicator& comm, const PromotionSettings& rules,
                std::span<const Candidate> candidates, const TrainingRows& rows, std::uint64_t seed) {
  Contest contest;
  nlohmann::json list = nlohmann::json::object();
  for (const Candidate& candidate : candidates) list[candidate.name]["kind"] = candidate.kind;
  for (const Part part : {Part::test, Part::out_of_time}) {
    const auto measured = judge(comm, rules, candidates, rows, part, seed);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      if (measured[i].brier[0])
        list[candidates[i].name][std::string(name_of(part))] =
            measures_json(measured[i], i == 0 ? nullptr : &measured[0]);
    if ((part == Part::out_of_time) != rules.out_of_time) continue;
    contest.promoted = best(rules, measured);
    contest.reason = reason_of(rules, candidates, contest.promoted, measured);
  }
  contest.facts = {{"by", std::string(name_of(rules.by))},
                   {"part", rules.out_of_time ? "out_of_time" : "test"},
                   {"margin", rules.margin},
                   {"certain", rules.certain},
                   {"replicates", rules.replicates},
                   {"promoted", candidates[contest.promoted].name},
                   {"reason", contest.reason},
                   {"candidates", std::move(list)}};
  return contest;
}

std::vector<double> probabilities(const Model& model, std::span<const float> margins) {
  std::vector<double> chances;
  for (const float margin : margins) chances.push_back(probability(model.link, model.calibration, margin));
  return chances;
}

}  // namespace proffer::models
