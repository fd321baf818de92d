#include "allocation/newton.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace proffer::allocation {
namespace {

using Eigen::Index;

constexpr double least_curvature = 1e-7;  ///< relative to the largest: keeps the model bounded
constexpr int model_rounds = 30, model_sweeps = 10;
constexpr int shorter_steps = 4;  ///< tried before kinks are blamed

/// λ in units of multiplier_scale and g in units of value_scale.
class Descent {
 public:
  Descent(DualFunction& function, std::span<const double> start, const NewtonOptions& options)
      : function_(function), options_(options), unit_(function.value_scale()) {
    const std::vector<double> scale = function.multiplier_scale();
    const auto size = static_cast<Index>(scale.size());
    scale_ = Eigen::Map<const Eigen::VectorXd>(scale.data(), size);
    lowest_.resize(size);
    highest_.resize(size);
    Eigen::VectorXd at(size);
    for (Index k = 0; k < size; ++k) {
      const auto limit = static_cast<std::size_t>(k);
      const UseRange& range = function.ranges()[limit];
      lowest_[k] = std::max(options.box.lowest[limit], natural_lowest(range)) / scale_[k];
      highest_[k] = std::min(options.box.highest[limit], natural_highest(range)) / scale_[k];
      at[k] = std::clamp(start[limit] / scale_[k], lowest_[k], highest_[k]);
    }
    here_ = probe(at);
    result_.best = here_.point;
  }

  NewtonResult run(Curvature& curvature) {
    const Index size = scale_.size();
    const Eigen::MatrixXd units = scale_ * scale_.transpose() * (options_.share / unit_);
    if (curvature.empty()) {
      model_ = differences();
    } else {
      model_ = Eigen::Map<const Eigen::MatrixXd>(curvature.data(), size, size).cwiseProduct(units);
    }
    make_convex();
    for (std::uint64_t step = 0; step < options_.step_limit && go_on(); ++step) {
    }
    curvature.resize(static_cast<std::size_t>(size * size));
    Eigen::Map<Eigen::MatrixXd>(curvature.data(), size, size) = model_.cwiseQuotient(units);
    return std::move(result_);
  }

 private:
  struct Place {
    Eigen::VectorXd at, slope;
    DualPoint point;
    [[nodiscard]] double value(double unit) const { return point.value / unit; }
  };

  Place probe(const Eigen::VectorXd& at) {
    std::vector<double> lambda(static_cast<std::size_t>(at.size()));
    for (Index k = 0; k < at.size(); ++k) {
      const auto limit = static_cast<std::size_t>(k);
      // The faces themselves, not what scaling makes of them.
      lambda[limit] = at[k] <= lowest_[k]    ? std::max(options_.box.lowest[limit], natural_lowest(range(limit)))
                      : at[k] >= highest_[k] ? std::min(options_.box.highest[limit], natural_highest(range(limit)))
                                             : at[k] * scale_[k];
    }
    Place place{at, Eigen::VectorXd(at.size()), function_.evaluate(lambda)};
    ++result_.evaluations;
    for (Index k = 0; k < at.size(); ++k)
      place.slope[k] = place.point.slope[static_cast<std::size_t>(k)] * scale_[k] / unit_;
    result_.lines.push_back({place.point.intercept, place.point.slope, place.point.tag});
    return place;
  }
  [[nodiscard]] const UseRange& range(std::size_t limit) const { return function_.ranges()[limit]; }

  Eigen::MatrixXd differences() {
    const Index size = scale_.size();
    Eigen::MatrixXd model = Eigen::MatrixXd::Zero(size, size);
    Place best = here_;
    for (Index k = 0; k < size; ++k) {
      const double wanted = options_.probe[static_cast<std::size_t>(k)] / scale_[k];
      const double up = std::min(wanted, highest_[k] - here_.at[k]);
      const double down = std::min(wanted, here_.at[k] - lowest_[k]);
      const double step = up >= down ? up : -down;
      if (step == 0) continue;
      Eigen::VectorXd at = here_.at;
      at[k] = std::clamp(at[k] + step, lowest_[k], highest_[k]);
      Place place = probe(at);
      model.col(k) = (place.slope - here_.slope) / step;
      if (place.value(unit_) < best.value(unit_)) best = std::move(place);
    }
    here_ = std::move(best);
    result_.best = here_.point;
    return 0.5 * (model + model.transpose());
  }

  void make_convex() {
    if (model_.size() == 0) return;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> parts(model_);
    const double largest = std::max(parts.eigenvalues().maxCoeff(), 1e-300);
    const Eigen::VectorXd values = parts.eigenvalues().cwiseMax(least_curvature * largest);
    model_ = parts.eigenvectors() * values.asDiagonal() * parts.eigenvectors().transpose();
  }

  [[nodiscard]] double model_at(const Eigen::VectorXd& step) const {
    return here_.slope.dot(step) + 0.5 * step.dot(model_ * step);
  }

  /// The model's minimum within the box, nearly: coordinate descent finds the faces that hold it, a solve of the rest
  /// goes as far as the box allows. The model never rises.
  [[nodiscard]] Eigen::VectorXd best_step() const {
    Eigen::VectorXd step = Eigen::VectorXd::Zero(scale_.size());
    for (int round = 0; round < model_rounds; ++round) {
      for (int sweep = 0; sweep < model_sweeps; ++sweep) lower_one_by_one(step);
      if (lower_together(step)) break;
    }
    return step;
  }

  void lower_one_by_one(Eigen::VectorXd& step) const {
    for (Index k = 0; k < step.size(); ++k) {
      if (!(model_(k, k) > 0)) continue;
      const double slope = here_.slope[k] + model_.row(k).dot(step);
      step[k] = std::clamp(step[k] - slope / model_(k, k), lowest_[k] - here_.at[k], highest_[k] - here_.at[k]);
    }
  }

  /// True where the free coordinates' minimum lies in the box.
  bool lower_together(Eigen::VectorXd& step) const {
    std::vector<Index> free;
    for (Index k = 0; k < step.size(); ++k)
      if (step[k] > lowest_[k] - here_.at[k] && step[k] < highest_[k] - here_.at[k]) free.push_back(k);
    if (free.empty()) return true;
    const Eigen::VectorXd slope = here_.slope + model_ * step;
    const Eigen::VectorXd moves = model_(free, free).ldlt().solve(-slope(free));
    if (!moves.allFinite()) return false;
    double share = 1.0;
    for (std::size_t a = 0; a < free.size(); ++a) {
      const Index k = free[a];
      const double to = step[k] + moves[static_cast<Index>(a)];
      const double face = moves[static_cast<Index>(a)] > 0 ? highest_[k] - here_.at[k] : lowest_[k] - here_.at[k];
      if ((moves[static_cast<Index>(a)] > 0) == (to > face)) {
        const double way = (face - step[k]) / moves[static_cast<Index>(a)];
        share = std::min(share, way);
      }
    }
    for (std::size_t a = 0; a < free.size(); ++a) step[free[a]] += share * moves[static_cast<Index>(a)];
    for (Index k : free) step[k] = std::clamp(step[k], lowest_[k] - here_.at[k], highest_[k] - here_.at[k]);
    return share == 1.0;
  }

  /// BFGS: the model gets the slopes' difference along a step right.
  void learn(const Eigen::VectorXd& step, const Eigen::VectorXd& difference) {
    const double along = step.dot(difference);
    const Eigen::VectorXd expected = model_ * step;
    const double before = step.dot(expected);
    if (!(along > 1e-3 * before) || !(before > 0)) return;
    model_ += difference * difference.transpose() / along - expected * expected.transpose() / before;
  }

  /// One step; false when done.
  bool go_on() {
    Eigen::VectorXd step = best_step();
    const double value = here_.value(unit_);
    const double promised = -model_at(step);
    if (!(promised > options_.tolerance * std::max(std::abs(value), 1e-3))) {
      result_.converged = true;
      return false;
    }
    for (int attempt = 0; attempt < shorter_steps; ++attempt) {
      Eigen::VectorXd at = (here_.at + step).cwiseMax(lowest_).cwiseMin(highest_);
      if (attempt == 0)
        for (Index k = 0; k < at.size(); ++k)  // exactly on the faces that stopped it
          if (step[k] == lowest_[k] - here_.at[k]) at[k] = lowest_[k];
      Place place = probe(at);
      const Eigen::VectorXd taken = place.at - here_.at;
      learn(taken, place.slope - here_.slope);
      result_.reach = taken.cwiseAbs().maxCoeff();
      if (place.value(unit_) < value) {
        here_ = std::move(place);
        result_.best = here_.point;
        return true;
      }
      const double down = here_.slope.dot(step), up = place.slope.dot(step);
      step *= up > down ? std::clamp(down / (down - up), 0.1, 0.6) : 0.5;
    }
    return false;
  }

  DualFunction& function_;
  const NewtonOptions& options_;
  double unit_;
  Eigen::VectorXd scale_, lowest_, highest_;
  Place here_;
  Eigen::MatrixXd model_;
  NewtonResult result_;
};

}  // namespace

NewtonResult descend(DualFunction& function, std::span<const double> start, const NewtonOptions& options,
                     Curvature& curvature) {
  return Descent(function, start, options).run(curvature);
}

}  // namespace proffer::allocation
