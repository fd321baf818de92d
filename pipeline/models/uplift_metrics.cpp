#include "models/uplift_metrics.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>

#include "evaluation/losses.hpp"
#include "evaluation/uplift_intervals.hpp"
#include "models/part_metrics.hpp"
#include "models/uplift_policy.hpp"
#include "parallel/collectives.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;

/// The rows of one part that were treated in one way or not at all.
struct Compared {
  std::vector<double> effect, weight;
  std::vector<std::uint8_t> treated, outcome;
  std::vector<std::uint64_t> unit;
};

Compared compared(const UpliftRows& rows, Part part, std::size_t arm, const std::vector<double>& effect) {
  Compared some;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.all.rows.part[i] != part || (rows.arm[i] != 0 && rows.arm[i] != arm)) continue;
    some.effect.push_back(effect[i]);
    some.treated.push_back(rows.arm[i] == arm ? 1 : 0);
    some.outcome.push_back(rows.all.rows.label[i]);
    some.unit.push_back(rows.all.rows.unit[i]);
    if (!rows.weight.empty()) some.weight.push_back(rows.weight[i]);
  }
  return some;
}

json deciles_json(const std::vector<evaluation::UpliftDecile>& deciles) {
  json list = json::array();
  for (const evaluation::UpliftDecile& decile : deciles) {
    json entry = {{"treated", decile.bin.treated},
                  {"controls", decile.bin.controls},
                  {"treated_rate", decile.bin.treated_rate},
                  {"control_rate", decile.bin.control_rate},
                  {"mean_predicted", decile.mean_score}};
    entry["uplift"] = interval_json(decile.uplift);
    list.push_back(std::move(entry));
  }
  return list;
}

json curve_json(const evaluation::Qini& qini) {
  json list = json::array();
  for (const evaluation::QiniPoint& point : qini.curve)
    list.push_back({{"share", point.share}, {"incremental", point.incremental}});
  return list;
}

json rates_json(const parallel::Communicator& comm, const Compared& some) {
  std::array<std::uint64_t, 4> counts{};
  for (std::size_t i = 0; i < some.treated.size(); ++i) ++counts[std::size_t{2} * some.treated[i] + some.outcome[i]];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  const auto rate = [&](std::size_t arm) -> json {
    const std::uint64_t rows = counts[2 * arm] + counts[2 * arm + 1];
    if (rows == 0) return nullptr;
    return static_cast<double>(counts[2 * arm + 1]) / static_cast<double>(rows);
  };
  return {{"treated", counts[2] + counts[3]},
          {"controls", counts[0] + counts[1]},
          {"treated_rate", rate(1)},
          {"control_rate", rate(0)}};
}

json of_treatment(const parallel::Communicator& comm, const UpliftSettings& settings, const UpliftRows& rows,
                  const Compared& some, std::size_t arm, bool learnt, const evaluation::Bootstrap& bootstrap) {
  json facts = rates_json(comm, some);
  facts["treatment"] = rows.arms[arm];
  const auto mean = evaluation::exact_mean(comm, some.effect);
  facts["mean_predicted"] = mean ? json(*mean) : json();
  const auto qini = evaluation::qini(comm, some.effect, some.treated, some.outcome, some.weight);
  if (!qini) return facts;
  if (learnt) {
    facts["qini"] = {{"coefficient", qini->coefficient}, {"auuc", qini->auuc}};
    return facts;
  }
  const auto intervals = evaluation::uplift_intervals(comm, some.effect, some.treated, some.outcome, some.unit,
                                                      some.weight, settings.top_share, bootstrap);
  facts["effect"] = interval_json(intervals.effect);
  facts["qini"] = {{"area", interval_json(intervals.area)},
                   {"coefficient", interval_json(intervals.coefficient)},
                   {"auuc", interval_json(intervals.auuc)},
                   {"curve", curve_json(*qini)}};
  facts["top"] = {{"share", settings.top_share}, {"uplift", interval_json(intervals.top)}};
  facts["deciles"] = deciles_json(intervals.deciles);
  return facts;
}

/// Rows of all ranks in a part, by arm.
std::vector<std::uint64_t> arm_sizes(const parallel::Communicator& comm, const UpliftRows& rows, Part part) {
  std::vector<std::uint64_t> sizes(rows.arms.size());
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.all.rows.part[i] == part) ++sizes[rows.arm[i]];
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(sizes));
  return sizes;
}

}  // namespace

json uplift_metrics(const parallel::Communicator& comm, const UpliftSettings& settings, const UpliftRows& rows,
                    std::span<const std::vector<double>> effects, std::uint64_t seed) {
  json metrics = json::object();
  for (const Part part : {Part::train, Part::valid, Part::test, Part::out_of_time}) {
    const std::vector<std::uint64_t> sizes = arm_sizes(comm, rows, part);
    if (std::ranges::find(sizes, 0U) != sizes.end()) continue;
    std::uint64_t all = 0;
    for (const std::uint64_t size : sizes) all += size;
    // Few enough for millions of rows.
    const auto affordable = static_cast<int>(std::max<std::uint64_t>(50, 100'000'000 / all));
    const evaluation::Bootstrap bootstrap{.seed = seed,
                                          .replicates = std::min(affordable, static_cast<int>(settings.replicates))};
    json& of_part = metrics[std::string(name_of(part))] = {{"rows", all}, {"treatments", json::array()}};
    const bool learnt = part == Part::train || part == Part::valid;
    for (std::size_t arm = 1; arm < rows.arms.size(); ++arm)
      of_part["treatments"].push_back(
          of_treatment(comm, settings, rows, compared(rows, part, arm, effects[arm - 1]), arm, learnt, bootstrap));
    if (!learnt) of_part["policy"] = policy_json(comm, rows, part, effects, bootstrap);
  }
  return metrics;
}

}  // namespace proffer::models
