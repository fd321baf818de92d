#include "verify/certificate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "foundation/error.hpp"
#include "statistics/normal.hpp"
#include "storage/publish.hpp"

namespace proffer::verify {
namespace {

using nlohmann::json;

CertifiedLimit read_limit(const json& entry, bool of_list) {
  CertifiedLimit limit;
  limit.name = entry.at("name");
  limit.sense = entry.at("sense");
  limit.limit = entry.at("limit");
  limit.tolerance = entry.at("tolerance");
  limit.use = entry.at("use");
  limit.slack = entry.at("slack");
  limit.holds = entry.at("holds");
  limit.shadow_price = entry.at("shadow_price");
  if (!of_list) return limit;
  limit.measure = entry.at("measure");
  limit.basis = entry.at("basis");
  limit.declared_limit = entry.at("declared_limit");
  limit.opening = entry.at("opening");
  limit.standard_deviation = entry.at("standard_deviation");
  limit.probability_of_exceeding = entry.at("probability_of_exceeding");
  limit.share = entry.value("share", false);
  if (entry.contains("ratio")) limit.ratio = entry.at("ratio").get<double>();
  const auto maybe = [](const json& from, const char* key) {
    return from.contains(key) ? std::optional(from.at(key).get<double>()) : std::nullopt;
  };
  for (const json& one : entry.value("scenarios", json::array()))
    limit.scenarios.push_back({one.at("name"), one.at("probability"), one.at("use"), one.at("standard_deviation"),
                               maybe(one, "weight"), maybe(one, "shadow_price")});
  for (const json& one : entry.value("cuts", json::array()))
    limit.cuts.push_back({one.at("weights").get<std::vector<double>>(), one.at("shadow_price")});
  return limit;
}

std::string limit_text(const std::string& name) {
  return fmt::format("limit '{}'", name);
}

/// Adds a finding where two numbers differ by more than `tolerance`.
class Compare {
 public:
  explicit Compare(Findings& findings) : findings_(findings) {}
  void numbers(const char* kind, const std::string& where, double there, double right, double tolerance = 0) const {
    if (!(std::abs(there - right) <= tolerance)) findings_.add(kind, where, shown(there), shown(right));
  }
  void texts(const char* kind, const std::string& where, const std::string& there, const std::string& right) const {
    if (there != right) findings_.add(kind, where, there, right);
  }

 private:
  Findings& findings_;
};

bool holds(const LimitTruth& truth, double limit) {
  const double slack = truth.tolerance + truth.rounding;
  if (truth.sense != "at_least" && truth.use.compare(limit + slack) > 0) return false;
  return truth.sense == "at_most" || truth.use.compare(limit - slack) >= 0;
}

void check_limit(const CertifiedLimit& there, const LimitTruth& truth, Findings& findings) {
  const Compare compare(findings);
  const std::string where = limit_text(truth.name);
  compare.texts("limit name", where, there.name, truth.name);
  compare.texts("limit sense", where, there.sense, truth.sense);
  compare.numbers("limit tolerance", where, there.tolerance, truth.tolerance);
  if (truth.limit) compare.numbers("limit", where, there.limit, *truth.limit);
  const double use = truth.use.rounded();
  compare.numbers("limit use", where, there.use, use, truth.rounding);
  compare.numbers("limit slack", where, there.slack,
                  truth.sense == "at_least" ? there.use - there.limit : there.limit - there.use);
  const double limit = truth.limit.value_or(there.limit);
  if (!holds(truth, limit)) findings.add("limit broken", where, "use " + shown(use), "limit " + shown(limit));
  if (there.holds != holds(truth, limit))
    findings.add("limit holds", where, there.holds ? "true" : "false", there.holds ? "false" : "true");
  if ((truth.sense == "at_most" && there.shadow_price < 0) || (truth.sense == "at_least" && there.shadow_price > 0))
    findings.add("shadow price", where, shown(there.shadow_price),
                 truth.sense == "at_most" ? "at least 0" : "at most 0");
}

/// Probability that the realised use breaks the limit, by the normal approximation.
double probability_of_breaking(const Limit& limit, double mean, double deviation) {
  const double most = limit.bound() + limit.tolerance, least = limit.bound() - limit.tolerance;
  const auto above = [&](double x) {
    return deviation > 0 ? statistics::normal_cdf((mean - x) / deviation) : (mean > x ? 1.0 : 0.0);
  };
  const auto below = [&](double x) {
    return deviation > 0 ? statistics::normal_cdf((x - mean) / deviation) : (mean < x ? 1.0 : 0.0);
  };
  if (limit.sense == "at_most") return above(most);
  if (limit.sense == "at_least") return below(least);
  return std::min(1.0, above(most) + below(least));
}

}  // namespace

Certificate read_certificate(const std::filesystem::path& path, bool of_list) {
  Certificate certificate;
  try {
    const json file = json::parse(storage::read_text_file(path));
    if (file.at("format") != "proffer-certificate" || !file.at("format_version").get<std::string>().starts_with("1."))
      throw DataError({path.string() + " is no certificate of version 1", "", "restore it"});
    certificate.status = file.at("status");
    certificate.value = file.at("value");
    certificate.bound = file.at("bound");
    certificate.relaxed_bound = file.at("relaxed_bound");
    certificate.gap = file.at("gap");
    for (const json& entry : file.at("limits")) certificate.limits.push_back(read_limit(entry, of_list));
    if (!of_list) return certificate;
    certificate.currency = file.at("currency");
    certificate.borrowers = file.at("borrowers");
    certificate.offered = file.at("offered");
    certificate.decisions = file.at("decisions").get<std::map<std::string, std::uint64_t>>();
    certificate.planned_value = file.at("planned_value");
    if (file.contains("cells")) {
      const json &control = file.at("cells").at("control"), &exploration = file.at("cells").at("exploration");
      certificate.cells = {control.at("borrowers"), exploration.at("borrowers"), exploration.at("offered"),
                           exploration.at("value")};
    }
    if (file.contains("honest_value")) {
      certificate.honest_value = file.at("honest_value");
      certificate.honest_ratio = file.at("honest").at("ratio");
      certificate.honest_sample = file.at("honest").at("offered_in_sample");
    }
  } catch (const json::exception& error) {
    throw DataError({path.string() + " cannot be read as a certificate", error.what(), "restore it, or combine again"});
  }
  return certificate;
}

void check_arithmetic(const Certificate& certificate, const std::vector<LimitTruth>& limits,
                      const parallel::ExactSum& value, double gap_tolerance, Findings& findings) {
  const Compare compare(findings);
  const std::string where = "certificate";
  compare.numbers("certificate value", where, certificate.value, value.rounded());
  compare.numbers("gap", where, certificate.gap,
                  (certificate.bound - certificate.value) / std::max(1.0, std::abs(certificate.bound)));
  if (value.compare(certificate.bound) > 0)
    findings.add("bound", where, shown(certificate.bound), "at least the value " + shown(value.rounded()));
  if (certificate.bound > certificate.relaxed_bound)
    findings.add("bound", where, shown(certificate.bound), "at most relaxed_bound " + shown(certificate.relaxed_bound));
  if (certificate.limits.size() != limits.size()) {
    findings.add("limits", where, fmt::format("{} limits", certificate.limits.size()),
                 fmt::format("{} limits", limits.size()));
    return;
  }
  for (std::size_t k = 0; k < limits.size(); ++k) check_limit(certificate.limits[k], limits[k], findings);
  compare.texts("status", where, certificate.status, certificate.gap <= gap_tolerance ? "certified" : "feasible");
}

double DualBound::reduced(double value, const std::vector<double>& uses, double& size) const {
  std::vector<double> prices;
  for (std::size_t k = 0; k < uses.size(); ++k) prices.push_back(certificate_.limits[k].shadow_price * uses[k]);
  return reduced_by(value, prices, size);
}

double DualBound::reduced_by(double value, const std::vector<double>& prices, double& size) {
  double reduced = value;
  size = std::abs(value);
  for (const double price : prices) {
    reduced -= price;
    size += std::abs(price);
  }
  return reduced;
}

void DualBound::add_row(double best, double size, double tolerance) {
  sum_.add(best);
  size_.add(size);
  tolerance_.add(tolerance);
}

double DualBound::check(const parallel::Communicator& comm, std::uint64_t rows, Findings& findings) {
  std::array<parallel::ExactSum, 3> sums{sum_, size_, tolerance_};
  parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
  parallel::ExactSum total = sums[0];
  for (const CertifiedLimit& limit : certificate_.limits) {
    const double side = limit.shadow_price >= 0 ? limit.limit + limit.tolerance : limit.limit - limit.tolerance;
    total.add(limit.shadow_price * side);
    sums[1].add(std::abs(limit.shadow_price * side));
  }
  // The solver adds up in 64-bit fixed point: what a row is rounded by grows with the number of rows.
  const double rounding = sums[1].rounded() * (1e-10 + 1e-16 * static_cast<double>(rows));
  const double g = total.rounded();
  if (comm.is_root() && !(std::abs(certificate_.relaxed_bound - g) <= rounding + sums[2].rounded()))
    findings.add("relaxed_bound", "certificate", shown(certificate_.relaxed_bound), shown(g));
  return g;
}

Cvar cvar_of(const std::vector<double>& uses, const std::vector<Scenario>& scenarios, double level) {
  Cvar cvar;
  cvar.weights.assign(uses.size(), 0.0);
  std::vector<bool> taken(uses.size(), false);
  for (double left = 1 - level; left > 1e-12 * (1 - level);) {
    std::size_t worst = uses.size();
    for (std::size_t s = 0; s < uses.size(); ++s)
      if (!taken[s] && (worst == uses.size() || uses[s] > uses[worst])) worst = s;
    if (worst == uses.size()) break;
    taken[worst] = true;
    const double part = std::min(left, scenarios[worst].probability);
    left -= part;
    cvar.weights[worst] = part / (1 - level);
    cvar.value += cvar.weights[worst] * uses[worst];
  }
  return cvar;
}

LimitTruth truth_of(const Limit& limit, const Counting& counting, const Tally& tally) {
  LimitTruth truth{limit.name, limit.sense, limit.tolerance,
                   limit.basis == "quantile" ? std::nullopt : std::optional(limit.bound()), tally.use};
  parallel::ExactSum size = tally.size;
  if (limit.is_ratio() || limit.measure == "capital" || limit.over_scenarios()) truth.rounding = 1e-10 * size.rounded();
  if (!limit.over_scenarios()) return truth;
  std::vector<double> uses;
  for (parallel::ExactSum sum : tally.scenario_use) uses.push_back(sum.rounded());
  if (limit.basis == "cvar") {
    truth.use = {};
    truth.use.add(cvar_of(uses, counting.scenarios(), limit.quantile).value);
    truth.rounding += 1e-10 * std::abs(truth.use.rounded());
    return truth;
  }
  const auto nearest = limit.sense == "at_least" ? std::ranges::min_element(uses) : std::ranges::max_element(uses);
  truth.use = tally.scenario_use[static_cast<std::size_t>(nearest - uses.begin())];
  truth.rounding = 1e-10 * std::abs(*nearest);
  return truth;
}

namespace {

double deviation_of(const parallel::ExactSum& use, const parallel::ExactSum& variance, double common_shock) {
  parallel::ExactSum own_variance = variance, mean = use;
  const double own = std::max(0.0, own_variance.rounded());
  return own > 0 ? std::sqrt(own + std::pow(common_shock * mean.rounded(), 2)) : 0.0;
}

void check_scenarios(const CertifiedLimit& there, const Limit& limit, const Counting& counting, const Tally& tally,
                     double common_shock, Findings& findings) {
  const Compare compare(findings);
  const auto& scenarios = counting.scenarios();
  if (there.scenarios.size() != scenarios.size()) {
    findings.add("scenarios", limit_text(limit.name), std::to_string(there.scenarios.size()),
                 std::to_string(scenarios.size()));
    return;
  }
  std::vector<double> uses;
  double probability = 0;
  for (std::size_t s = 0; s < scenarios.size(); ++s) {
    parallel::ExactSum use = tally.scenario_use[s];
    uses.push_back(use.rounded());
    const double deviation = deviation_of(tally.scenario_use[s], tally.scenario_variance[s], common_shock);
    const std::string where = fmt::format("{}, scenario {}", limit_text(limit.name), scenarios[s].name);
    compare.texts("scenario", where, there.scenarios[s].name, scenarios[s].name);
    compare.numbers("scenario", where, there.scenarios[s].probability, scenarios[s].probability);
    compare.numbers("scenario", where, there.scenarios[s].use, uses[s], 1e-10 * std::abs(uses[s]));
    compare.numbers("scenario", where, there.scenarios[s].standard_deviation, deviation, 1e-9 * deviation);
    probability += scenarios[s].probability * probability_of_breaking(limit, uses[s], deviation);
  }
  compare.numbers("probability of exceeding", limit_text(limit.name), there.probability_of_exceeding,
                  std::min(1.0, probability), 1e-9);
  if (limit.basis != "cvar") return;
  const Cvar cvar = cvar_of(uses, scenarios, limit.quantile);
  for (std::size_t s = 0; s < scenarios.size(); ++s)
    compare.numbers("scenario", limit_text(limit.name), there.scenarios[s].weight.value_or(-1), cvar.weights[s], 1e-9);
  // The shadow prices of what the limit was cut with: sums that CVaR is the greatest of.
  for (const CertifiedCut& cut : there.cuts) {
    double total = 0;
    bool allowed = cut.weights.size() == scenarios.size() && cut.shadow_price >= 0;
    for (std::size_t s = 0; allowed && s < scenarios.size(); ++s) {
      total += cut.weights[s];
      allowed = cut.weights[s] >= 0 && cut.weights[s] <= scenarios[s].probability / (1 - limit.quantile) + 1e-9;
    }
    if (!allowed || std::abs(total - 1) > 1e-9)
      findings.add("cut", limit_text(limit.name), "weights that sum to " + shown(total), "weights of a CVaR");
  }
}

double ratio_of(const Limit& limit, const Counting& counting, const Tally& tally) {
  parallel::ExactSum numerator = tally.numerator, denominator = tally.denominator;
  const double part = limit.share ? limit.opening : 0.0, below = denominator.rounded() + limit.whole;
  if (below <= 0) return 0;
  return (numerator.rounded() + part) / below * (limit.measure == "impact_ratio" ? counting.group_share() : 1.0);
}

}  // namespace

void check_declared(const CertifiedLimit& there, const Limit& limit, const Counting& counting, const Tally& tally,
                    double common_shock, Findings& findings) {
  const Compare compare(findings);
  const std::string where = limit_text(limit.name);
  compare.texts("limit measure", where, there.measure, limit.measure);
  compare.texts("limit basis", where, there.basis, limit.basis_text());
  compare.numbers("declared limit", where, there.declared_limit, limit.limit);
  compare.numbers("opening balance", where, there.opening, limit.opening);
  compare.texts("share", where, there.share ? "yes" : "no", limit.share ? "yes" : "no");
  if (limit.is_ratio()) {
    const double ratio = ratio_of(limit, counting, tally);
    compare.numbers("ratio", where, there.ratio.value_or(-1), ratio, 1e-9 * std::abs(ratio));
  }
  parallel::ExactSum use = tally.use;
  const double mean = use.rounded();
  const double deviation = deviation_of(tally.use, tally.variance, common_shock);
  compare.numbers("standard deviation", where, there.standard_deviation, deviation, 1e-9 * deviation);
  if (limit.over_scenarios()) return check_scenarios(there, limit, counting, tally, common_shock, findings);
  compare.numbers("probability of exceeding", where, there.probability_of_exceeding,
                  probability_of_breaking(limit, mean, deviation), 1e-9);
  if (limit.basis != "quantile") return;
  // Tightened while solving, never loosened; the list holds the declared limit with the declared probability.
  const double margin = statistics::normal_quantile(limit.quantile) * deviation * (1 - 1e-9);
  const bool at_least = limit.sense == "at_least";
  if (at_least ? there.limit < limit.bound() : there.limit > limit.bound())
    findings.add("limit", where, shown(there.limit), "no looser than " + shown(limit.bound()));
  if ((limit.sense != "at_least" && mean + margin > limit.bound() + limit.tolerance) ||
      (limit.sense == "at_least" && mean - margin < limit.bound() - limit.tolerance))
    findings.add(
        "limit broken", where,
        fmt::format("holds with a probability of {}", shown(1 - probability_of_breaking(limit, mean, deviation))),
        shown(limit.quantile));
}

}  // namespace proffer::verify
