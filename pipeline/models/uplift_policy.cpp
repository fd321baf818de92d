#include "models/uplift_policy.hpp"

#include <nlohmann/json.hpp>

#include "evaluation/paired_bootstrap.hpp"
#include "evaluation/uplift_intervals.hpp"
#include "models/part_metrics.hpp"

namespace proffer::models {
namespace {

using nlohmann::json;
using Values = std::vector<std::optional<double>>;

std::size_t recommended(std::span<const std::vector<double>> effects, std::size_t row) {
  std::size_t best = 0;
  double most = 0;
  for (std::size_t t = 0; t < effects.size(); ++t)
    if (effects[t][row] > most) {
      most = effects[t][row];
      best = t + 1;
    }
  return best;
}

/// Weights by recommended arm, drawn arm and outcome.
class Table {
 public:
  Table(const std::vector<double>& cells, std::size_t arms) : cells_(cells), arms_(arms) {}
  static std::size_t cell(std::size_t arms, std::size_t recommended, std::size_t drawn, std::size_t outcome) {
    return (recommended * arms + drawn) * 2 + outcome;
  }
  [[nodiscard]] double share(std::size_t recommended) const {
    double here = 0, all = 0;
    for (std::size_t r = 0; r < arms_; ++r)
      for (std::size_t a = 0; a < arms_; ++a) {
        const double weight = at(r, a, 0) + at(r, a, 1);
        all += weight;
        if (r == recommended) here += weight;
      }
    return all > 0 ? here / all : 0;
  }
  [[nodiscard]] std::optional<double> value() const {
    double sum = 0;
    for (std::size_t r = 0; r < arms_; ++r) {
      const double part = share(r);
      if (part == 0) continue;
      const double matched = at(r, r, 0) + at(r, r, 1);
      if (matched == 0) return std::nullopt;
      sum += part * (at(r, r, 1) / matched);
    }
    return sum;
  }
  [[nodiscard]] std::optional<double> rate_of(std::size_t arm) const {
    double no = 0, yes = 0;
    for (std::size_t r = 0; r < arms_; ++r) {
      no += at(r, arm, 0);
      yes += at(r, arm, 1);
    }
    return no + yes > 0 ? std::optional(yes / (no + yes)) : std::nullopt;
  }

 private:
  [[nodiscard]] double at(std::size_t recommended, std::size_t drawn, std::size_t outcome) const {
    return cells_[cell(arms_, recommended, drawn, outcome)];
  }
  const std::vector<double>& cells_;
  std::size_t arms_;
};

}  // namespace

json policy_json(const parallel::Communicator& comm, const UpliftRows& rows, Part part,
                 std::span<const std::vector<double>> effects, const evaluation::Bootstrap& bootstrap) {
  const std::size_t arms = rows.arms.size();
  std::vector<std::uint32_t> cells;
  std::vector<double> weights;
  std::vector<std::uint64_t> units;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.all.rows.part[i] != part) continue;
    cells.push_back(
        static_cast<std::uint32_t>(Table::cell(arms, recommended(effects, i), rows.arm[i], rows.all.rows.label[i])));
    units.push_back(rows.all.rows.unit[i]);
    if (!rows.weight.empty()) weights.push_back(rows.weight[i]);
  }
  const auto replicates = evaluation::cell_replicates(comm, cells, 2 * arms * arms, weights, units, bootstrap);
  const Table sample(replicates.front(), arms);
  std::size_t best = 0;
  for (std::size_t a = 1; a < arms; ++a)
    if (sample.rate_of(a) > sample.rate_of(best)) best = a;
  Values value, for_all;
  for (const std::vector<double>& replicate : replicates) {
    const Table table(replicate, arms);
    value.push_back(table.value());
    for_all.push_back(table.rate_of(best));
  }
  json shares = json::array();
  for (std::size_t a = 0; a < arms; ++a) shares.push_back({{"arm", rows.arms[a]}, {"share", sample.share(a)}});
  const auto interval = [&](const Values& values) {
    return interval_json(evaluation::interval_of(values, bootstrap.level));
  };
  return {{"recommended", shares},
          {"rate", interval(value)},
          {"best_for_all", {{"arm", rows.arms[best]}, {"rate", interval(for_all)}}},
          {"gain", interval(evaluation::differences(value, for_all))}};
}

}  // namespace proffer::models
