#include "models/calibration.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "evaluation/isotonic.hpp"
#include "foundation/error.hpp"
#include "parallel/collectives.hpp"
#include "parallel/exact_sum.hpp"
#include "statistics/logistic.hpp"

namespace proffer::models {
namespace {

using statistics::log1pexp;
using statistics::sigmoid;

constexpr std::array<std::string_view, 4> names = {"none", "isotonic", "platt", "beta"};

std::uint64_t count_positives(std::span<const std::uint8_t> labels) {
  return static_cast<std::uint64_t>(std::ranges::count(labels, std::uint8_t{1}));
}

/// At most three numbers, of which the last is the intercept.
using Coefficients = std::array<double, 3>;
/// The inputs of the intercept's companions for a row: platt uses the first, beta both.
using Regressors = std::array<double, 2>;

Regressors regressors_of(CalibrationMethod method, double log_odds) {
  if (method == CalibrationMethod::platt) return {log_odds, 0};
  return {-log1pexp(-log_odds), log1pexp(log_odds)};  // log p, −log(1 − p)
}

/// A logistic regression on few numbers, some held at 0; sums over rows are exact.
class SmallRegression {
 public:
  SmallRegression(const parallel::Communicator& comm, CalibrationMethod method, std::span<const double> log_odds,
                  std::span<const std::uint8_t> labels)
      : comm_(comm), method_(method), log_odds_(log_odds), labels_(labels) {
    const double positives = static_cast<double>(parallel::sum_over_ranks(comm, count_positives(labels)));
    const double all = static_cast<double>(parallel::sum_over_ranks(comm, std::uint64_t{labels.size()}));
    target_ = {1 / (all - positives + 2), (positives + 1) / (positives + 2)};
  }

  /// Collective. Newton from `start`, halved where the likelihood falls; numbers with free[k] false stay at 0.
  [[nodiscard]] Coefficients fit(Coefficients start, const std::array<bool, 3>& free) const {
    constexpr int most_steps = 100;
    Coefficients at = start;
    Sums here = sums(at);
    for (int step = 0; step < most_steps; ++step) {
      const Coefficients change = solve(here, free);
      double length = 1, largest = 0;
      for (const double c : change) largest = std::max(largest, std::fabs(c));
      if (largest < 1e-12) return at;
      for (;; length /= 2) {
        Coefficients next = at;
        for (std::size_t k = 0; k < 3; ++k) next[k] += length * change[k];
        const Sums there = sums(next);
        if (there.loss <= here.loss || length < 1e-6) {
          const bool stands = there.loss >= here.loss && largest < 1e-9;
          at = next;
          here = there;
          if (stands) return at;
          break;
        }
      }
    }
    return at;
  }

 private:
  struct Sums {
    double loss = 0;
    std::array<double, 3> slope{};
    std::array<std::array<double, 3>, 3> curvature{};
  };

  [[nodiscard]] Sums sums(const Coefficients& at) const {
    std::array<parallel::ExactSum, 10> exact;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      const Regressors x = regressors_of(method_, log_odds_[i]);
      const std::array<double, 3> row = {x[0], x[1], 1};
      const double z = at[0] * x[0] + at[1] * x[1] + at[2];
      const double t = target_[labels_[i]];
      const double q = sigmoid(z), w = q * sigmoid(-z);
      exact[0].add(t * log1pexp(-z) + (1 - t) * log1pexp(z));
      std::size_t place = 1;
      for (std::size_t j = 0; j < 3; ++j) exact[place++].add((t - q) * row[j]);
      for (std::size_t j = 0; j < 3; ++j)
        for (std::size_t k = j; k < 3; ++k) exact[place++].add(w * row[j] * row[k]);
    }
    parallel::all_reduce(comm_, std::span<parallel::ExactSum>(exact));
    Sums result;
    result.loss = exact[0].rounded();
    std::size_t place = 1;
    for (std::size_t j = 0; j < 3; ++j) result.slope[j] = exact[place++].rounded();
    for (std::size_t j = 0; j < 3; ++j)
      for (std::size_t k = j; k < 3; ++k) result.curvature[j][k] = result.curvature[k][j] = exact[place++].rounded();
    return result;
  }

  /// curvature⁻¹ · slope over the free numbers, by elimination with pivots; a direction without curvature stays.
  static Coefficients solve(const Sums& sums, const std::array<bool, 3>& free) {
    auto matrix = sums.curvature;
    Coefficients right = sums.slope;
    std::array<bool, 3> open = free;
    std::array<int, 3> order{-1, -1, -1};
    for (int& chosen : order) {
      for (std::size_t k = 0; k < 3; ++k)
        if (open[k] && (chosen < 0 || matrix[k][k] > matrix[index(chosen)][index(chosen)]))
          chosen = static_cast<int>(k);
      if (chosen < 0) break;
      const std::size_t p = index(chosen);
      open[p] = false;
      if (!(matrix[p][p] > 1e-13 * sums.curvature[p][p]) || matrix[p][p] <= 0) {
        chosen = -1;  // a multiple of the others: left where it is
        continue;
      }
      for (std::size_t k = 0; k < 3; ++k) {
        if (!open[k]) continue;
        const double factor = matrix[k][p] / matrix[p][p];
        for (std::size_t j = 0; j < 3; ++j) matrix[k][j] -= factor * matrix[p][j];
        right[k] -= factor * right[p];
      }
    }
    Coefficients change{};
    for (std::size_t r = 3; r-- > 0;) {
      if (order[r] < 0) continue;
      const std::size_t p = index(order[r]);
      double value = right[p];
      for (std::size_t s = r + 1; s < 3; ++s)
        if (order[s] >= 0) value -= matrix[p][index(order[s])] * change[index(order[s])];
      change[p] = value / matrix[p][p];
    }
    return change;
  }
  static std::size_t index(int k) { return static_cast<std::size_t>(k); }

  const parallel::Communicator& comm_;
  CalibrationMethod method_;
  std::span<const double> log_odds_;
  std::span<const std::uint8_t> labels_;
  std::array<double, 2> target_{};
};

Calibration fit_regression(const parallel::Communicator& comm, CalibrationMethod method,
                           std::span<const double> log_odds, std::span<const std::uint8_t> labels) {
  const SmallRegression regression(comm, method, log_odds, labels);
  std::array<bool, 3> free = {true, method == CalibrationMethod::beta, true};
  Coefficients fitted = regression.fit({1, free[1] ? 1.0 : 0.0, 0}, free);
  for (int refits = 0; refits < 2 && (fitted[0] < 0 || fitted[1] < 0); ++refits) {
    free[fitted[0] < fitted[1] ? 0 : 1] = false;
    fitted = regression.fit({free[0] ? 1.0 : 0.0, free[1] ? 1.0 : 0.0, 0}, free);
  }
  Calibration calibration;
  calibration.method = method;
  calibration.slope = fitted[0];
  if (method == CalibrationMethod::beta) calibration.slope_no = fitted[1];
  calibration.intercept = fitted[2];
  return calibration;
}

Calibration fit_isotonic(const parallel::Communicator& comm, std::span<const double> log_odds,
                         std::span<const std::uint8_t> labels) {
  const auto blocks = evaluation::isotonic(evaluation::binary_ranking(comm, log_odds, labels));
  std::vector<double> rate;
  for (const auto& block : blocks) rate.push_back(block.rate());
  const auto half_a_case = [](const evaluation::IsotonicBlock& block) {
    return 0.5 / (static_cast<double>(block.negatives) + static_cast<double>(block.positives) + 1);
  };
  if (rate.front() == 0) rate.front() = std::min(half_a_case(blocks.front()), rate.size() > 1 ? rate[1] : 1.0);
  if (rate.back() == 1)
    rate.back() = std::max(1 - half_a_case(blocks.back()), rate.size() > 1 ? rate[rate.size() - 2] : 0.0);
  Calibration calibration;
  calibration.method = CalibrationMethod::isotonic;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    calibration.knots.push_back({blocks[b].lowest, rate[b]});
    if (blocks[b].highest > blocks[b].lowest) calibration.knots.push_back({blocks[b].highest, rate[b]});
  }
  return calibration;
}

double between_knots(const std::vector<Knot>& knots, double log_odds) {
  const auto above = std::ranges::upper_bound(knots, log_odds, {}, &Knot::log_odds);
  if (above == knots.begin()) return knots.front().probability;
  if (above == knots.end()) return knots.back().probability;
  const Knot &low = *(above - 1), &high = *above;
  const double share = (log_odds - low.log_odds) / (high.log_odds - low.log_odds);
  return low.probability + share * (high.probability - low.probability);
}

}  // namespace

std::string_view name_of(CalibrationMethod method) {
  return names[static_cast<std::size_t>(method)];
}

CalibrationMethod calibration_method_of(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  expects(found != names.end(), "a name that the settings have checked");
  return static_cast<CalibrationMethod>(found - names.begin());
}

Probability Calibration::apply(double log_odds) const {
  switch (method) {
    case CalibrationMethod::none:
      return sigmoid(log_odds + shift);
    case CalibrationMethod::platt:
      return sigmoid(slope * log_odds + intercept + shift);
    case CalibrationMethod::beta: {
      const Regressors x = regressors_of(method, log_odds);
      return sigmoid(slope * x[0] + slope_no * x[1] + intercept + shift);
    }
    case CalibrationMethod::isotonic: {
      const double q = between_knots(knots, log_odds);
      return shift == 0 ? q : sigmoid(statistics::logit(q) + shift);
    }
  }
  return 0;
}

std::optional<Calibration> fit_calibration(const parallel::Communicator& comm, CalibrationMethod method,
                                           std::span<const double> log_odds, std::span<const std::uint8_t> labels) {
  expects(labels.size() == log_odds.size(), "fit_calibration: as many labels as log-odds");
  const std::uint64_t positives = parallel::sum_over_ranks(comm, count_positives(labels));
  const std::uint64_t rows = parallel::sum_over_ranks(comm, std::uint64_t{labels.size()});
  if (positives == 0 || positives == rows) return std::nullopt;
  if (method == CalibrationMethod::none) return Calibration{};
  if (method == CalibrationMethod::isotonic) return fit_isotonic(comm, log_odds, labels);
  return fit_regression(comm, method, log_odds, labels);
}

double anchor_shift(const parallel::Communicator& comm, const Calibration& calibration,
                    std::span<const double> log_odds, double rate) {
  expects(rate > 0 && rate < 1, "anchor_shift: a rate between 0 and 1");
  const double rows = static_cast<double>(parallel::sum_over_ranks(comm, std::uint64_t{log_odds.size()}));
  if (rows == 0) return 0;
  std::vector<double> calibrated(log_odds.size());
  std::ranges::transform(log_odds, calibrated.begin(),
                         [&](double z) { return statistics::logit(calibration.apply(z)); });
  double low = -50, high = 50, shift = 0;
  for (int step = 0; step < 200; ++step) {
    std::array<parallel::ExactSum, 2> sums;
    for (const double z : calibrated) {
      const double p = sigmoid(z + shift);
      sums[0].add(p);
      sums[1].add(p * sigmoid(-z - shift));
    }
    parallel::all_reduce(comm, std::span<parallel::ExactSum>(sums));
    const double excess = sums[0].rounded() / rows - rate;
    (excess > 0 ? high : low) = shift;
    const double newton = shift - excess * rows / sums[1].rounded();
    const double next = newton > low && newton < high ? newton : (low + high) / 2;
    const bool stands = std::fabs(next - shift) < 1e-12;
    shift = next;
    if (stands) break;
  }
  return calibration.shift + shift;
}

void to_json(nlohmann::json& json, const Calibration& calibration) {
  json = {{"method", std::string(name_of(calibration.method))}, {"shift", calibration.shift}};
  if (calibration.method == CalibrationMethod::platt || calibration.method == CalibrationMethod::beta) {
    json["slope"] = calibration.slope;
    json["intercept"] = calibration.intercept;
  }
  if (calibration.method == CalibrationMethod::beta) json["slope_no"] = calibration.slope_no;
  if (calibration.method == CalibrationMethod::isotonic) {
    json["knots"] = nlohmann::json::array();
    for (const Knot& knot : calibration.knots) json["knots"].push_back({knot.log_odds, knot.probability});
  }
}

void from_json(const nlohmann::json& json, Calibration& calibration) {
  calibration = {};
  calibration.method = calibration_method_of(json.at("method").get<std::string>());
  calibration.shift = json.at("shift").get<double>();
  calibration.slope = json.value("slope", 1.0);
  calibration.slope_no = json.value("slope_no", 1.0);
  calibration.intercept = json.value("intercept", 0.0);
  if (calibration.method == CalibrationMethod::isotonic)
    for (const nlohmann::json& knot : json.at("knots"))
      calibration.knots.push_back({knot.at(0).get<double>(), knot.at(1).get<double>()});
  const auto falls = [](const Knot& a, const Knot& b) {
    return !(a.log_odds < b.log_odds && a.probability <= b.probability);
  };
  const bool wrong = calibration.slope < 0 || calibration.slope_no < 0 ||
                     (calibration.method == CalibrationMethod::isotonic && calibration.knots.empty()) ||
                     std::ranges::adjacent_find(calibration.knots, falls) != calibration.knots.end();
  if (wrong) throw DataError({"a calibration is damaged", "its map is missing or not rising", "train the model again"});
}

}  // namespace proffer::models
