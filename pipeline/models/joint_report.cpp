#include "models/joint_report.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/joint_likelihood.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

nlohmann::json pair_of(const Interval& interval) {
  return {interval.low, interval.high};
}

enum Sum : std::size_t { take, joint, without, with, all_joint, all_without, all_with, sums };

/// log of the probability of a label, by a probit margin.
double log_of(std::uint8_t label, float margin) {
  return statistics::log_normal_cdf(label == 1 ? static_cast<double>(margin) : -static_cast<double>(margin));
}

struct PartTotals {
  std::uint64_t rows = 0, takers = 0, others = 0;
  std::array<parallel::ExactSum, sums> sum;
};

PartTotals totals_of(const parallel::Communicator& comm, const JointRows& rows, const ComparedMargins& margins,
                     double rho, Part part) {
  PartTotals totals;
  const TakerDefaults defaults(rho);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.part[i] != part) continue;
    ++totals.rows;
    totals.sum[take].add(log_of(rows.response[i], margins.f[i]));
    if (rows.response[i] == 0) {
      ++totals.others;
      totals.sum[all_joint].add(statistics::normal_cdf(static_cast<double>(margins.g[i])));
      totals.sum[all_without].add(statistics::normal_cdf(static_cast<double>(margins.without[i])));
      totals.sum[all_with].add(statistics::normal_cdf(static_cast<double>(margins.with[i])));
    }
    if (rows.label[i] > 1) continue;
    ++totals.takers;
    const DefaultOfTakers at =
        defaults.at(TakerDefaults::taker(static_cast<double>(margins.f[i])), static_cast<double>(margins.g[i]));
    totals.sum[joint].add(std::log(rows.label[i] == 1 ? at.p : at.complement));
    totals.sum[without].add(log_of(rows.label[i], margins.without[i]));
    totals.sum[with].add(log_of(rows.label[i], margins.with[i]));
  }
  std::array<std::uint64_t, 3> counts{totals.rows, totals.takers, totals.others};
  parallel::all_reduce_sum(comm, std::span<std::uint64_t>(counts));
  totals.rows = counts[0];
  totals.takers = counts[1];
  totals.others = counts[2];
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(totals.sum));
  return totals;
}

}  // namespace

nlohmann::json rho_json(const RhoEstimate& estimate) {
  nlohmann::json grid = nlohmann::json::array();
  for (const ProfilePoint& point : estimate.grid)
    grid.push_back({{"rho", point.rho}, {"log_likelihood", point.log_likelihood}, {"information", point.information}});
  nlohmann::json json = {
      {"rho", estimate.rho},
      {"standard_error", estimate.undetermined ? nlohmann::json(nullptr) : nlohmann::json(estimate.standard_error)},
      {"interval_95", pair_of(estimate.interval)},
      {"undetermined", estimate.undetermined},
      {"information", estimate.information},
      {"score_test_p_value", estimate.score_p_value},
      {"profile",
       {{"rho", estimate.profile_rho},
        {"interval_95", pair_of(estimate.profile_interval)},
        {"likelihood_ratio", estimate.likelihood_ratio},
        {"p_value", estimate.p_value},
        {"grid", grid}}}};
  if (estimate.replications > 0)
    json["bootstrap"] = {{"replications", estimate.replications},
                         {"standard_error", estimate.bootstrap_error},
                         {"interval_95", pair_of(estimate.bootstrap_interval)}};
  return json;
}

nlohmann::json comparison_json(const parallel::Communicator& comm, const JointRows& rows,
                               const ComparedMargins& margins, double rho) {
  nlohmann::json json = nlohmann::json::object();
  for (const Part part : {Part::valid, Part::test, Part::out_of_time}) {
    const PartTotals totals = totals_of(comm, rows, margins, rho, part);
    if (totals.takers == 0 || totals.others == 0) continue;
    const auto contacts = static_cast<double>(totals.rows), takers = static_cast<double>(totals.takers),
               others = static_cast<double>(totals.others);
    const auto told = [&](Sum default_of, Sum pd) {
      const double log_likelihood = totals.sum[default_of].rounded();
      return nlohmann::json{{"joint_log_likelihood", (totals.sum[take].rounded() + log_likelihood) / contacts},
                            {"log_loss_of_takers", -log_likelihood / takers},
                            {"mean_pd_of_non_takers", totals.sum[pd].rounded() / others}};
    };
    json[std::string(name_of(part))] = {{"contacts", totals.rows},
                                        {"known_takers", totals.takers},
                                        {"joint", told(joint, all_joint)},
                                        {"independent_without_excluded", told(without, all_without)},
                                        {"independent_with_excluded", told(with, all_with)}};
  }
  return json;
}

double excluded_share(const parallel::Communicator& comm, const ProfileRows& rows) {
  std::array<parallel::ExactSum, 4> sum;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    if (rows.label[i] > 1) continue;
    const auto f = static_cast<double>(rows.f[i]), off = f - static_cast<double>(rows.mean[i]);
    sum[0].add(1);
    sum[1].add(f);
    sum[2].add(f * f);
    sum[3].add(off * off);
  }
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sum));
  const double n = sum[0].rounded();
  if (!(n > 0)) return 0;
  const double mean = sum[1].rounded() / n, variance = sum[2].rounded() / n - mean * mean;
  return variance > 0 ? sum[3].rounded() / n / variance : 0;
}

}  // namespace proffer::models
