#include "allocation/bundle.hpp"

#include <algorithm>
#include <cmath>

#include "allocation/master.hpp"

namespace proffer::allocation {
namespace {

/// λ in units of multiplier_scale and g in units of value_scale, so that one radius fits every limit.
class Iteration {
 public:
  Iteration(DualFunction& function, std::span<const double> start, const BundleOptions& options,
            std::vector<KnownLine> known)
      : function_(function),
        options_(options),
        scale_(function.multiplier_scale()),
        unit_(function.value_scale()),
        radius_(options.radius),
        master_(scale_.size()) {
    for (KnownLine& line : known) add_line(std::move(line));
    std::vector<double> lambda(start.begin(), start.end());
    for (std::size_t k = 0; k < lambda.size(); ++k) lambda[k] = std::clamp(lambda[k], lowest(k), highest(k));
    best_ = probe(lambda);
  }

  BundleResult run() {
    while (true) {
      if (best_.bound() <= options_.stop_at_or_below) {
        result_.below = true;
        break;
      }
      if (!step()) break;
    }
    result_.best = best_;
    result_.lines = lines_;
    result_.weight.resize(lines_.size(), 0.0);
    for (const KnownLine& line : lines_) result_.tag.push_back(line.tag);
    return std::move(result_);
  }

 private:
  [[nodiscard]] double lowest(std::size_t k) const {
    const double sign = natural_lowest(function_.ranges()[k]);
    return options_.lowest.empty() ? sign : std::max(sign, options_.lowest[k]);
  }
  [[nodiscard]] double highest(std::size_t k) const {
    const double sign = natural_highest(function_.ranges()[k]);
    return options_.highest.empty() ? sign : std::min(sign, options_.highest[k]);
  }

  void add_line(KnownLine line) {
    std::vector<double> slope(scale_.size());
    for (std::size_t k = 0; k < slope.size(); ++k) slope[k] = line.slope[k] * scale_[k] / unit_;
    master_.add(slope);
    lines_.push_back(std::move(line));
  }

  DualPoint probe(std::span<const double> lambda) {
    DualPoint point = function_.evaluate(lambda);
    ++result_.evaluations;
    add_line({point.intercept, point.slope, point.tag});
    return point;
  }

  /// How far each line lies above g(best) at best, in units; at most a little above 0.
  [[nodiscard]] std::vector<double> heights() const {
    std::vector<double> height;
    for (const KnownLine& line : lines_) {
      double at = line.intercept - best_.value;
      for (std::size_t k = 0; k < scale_.size(); ++k) at += line.slope[k] * best_.lambda[k];
      height.push_back(std::min(at, 0.0) / unit_);
    }
    return height;
  }

  /// One master problem and, unless it shows that we are done, one evaluation. False when done.
  bool step() {
    const std::size_t limits = scale_.size();
    std::vector<double> lower(limits), upper(limits);
    for (std::size_t k = 0; k < limits; ++k) {
      lower[k] = std::max(-radius_, (lowest(k) - best_.lambda[k]) / scale_[k]);
      upper[k] = std::min(radius_, (highest(k) - best_.lambda[k]) / scale_[k]);
    }
    const Master::Answer answer = master_.solve(heights(), lower, upper);
    result_.weight = answer.weight;
    const double promised = -answer.height;
    bool held_by_box = false;
    for (std::size_t k = 0; k < limits; ++k)
      held_by_box = held_by_box || (answer.lower_force[k] > 1e-12 && lower[k] == -radius_) ||
                    (answer.upper_force[k] > 1e-12 && upper[k] == radius_);
    // Where the promise inside the box is nothing but the box holds us back, open it before giving up.
    if (promised <= options_.tolerance * std::max(std::abs(best_.value) / unit_, 1e-3)) {
      if (!held_by_box || radius_ >= options_.radius_limit) {
        result_.converged = !held_by_box;
        return false;
      }
      radius_ = std::min(radius_ * 8.0, options_.radius_limit);
      return true;
    }
    if (result_.evaluations >= options_.evaluation_limit) return false;
    std::vector<double> lambda(limits);
    double reach = 0.0;
    for (std::size_t k = 0; k < limits; ++k) {
      lambda[k] = std::clamp(best_.lambda[k] + answer.step[k] * scale_[k], lowest(k), highest(k));
      reach = std::max(reach, std::abs(answer.step[k]));
    }
    DualPoint point = probe(lambda);
    const double gained = (best_.value - point.value) / unit_;
    if (gained >= 0.5 * promised && held_by_box)
      radius_ = std::min(radius_ * (gained >= 0.9 * promised ? 4.0 : 2.0), options_.radius_limit);
    if (gained < 0) radius_ = std::max(0.5 * std::min(radius_, reach), 1e-12);
    if (gained > 0) best_ = std::move(point);
    drop_old_lines(answer);
    return true;
  }

  void drop_old_lines(const Master::Answer& answer) {
    const std::size_t most = 20 * (scale_.size() + 10);
    if (lines_.size() <= most) return;
    const std::vector<double> height = heights();
    std::vector<double> sorted = height;
    std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(most / 2), sorted.end(),
                     std::greater<>());
    const double cut = sorted[most / 2];
    std::vector<bool> keep(lines_.size());
    for (std::size_t c = 0; c < lines_.size(); ++c)
      keep[c] = height[c] > cut || c + 1 == lines_.size() || (c < answer.weight.size() && answer.weight[c] > 0);
    std::vector<KnownLine> stays;
    std::vector<double> weight;
    for (std::size_t c : master_.forget(keep)) {
      stays.push_back(std::move(lines_[c]));
      weight.push_back(c < result_.weight.size() ? result_.weight[c] : 0.0);
    }
    lines_ = std::move(stays);
    result_.weight = std::move(weight);
  }

  DualFunction& function_;
  const BundleOptions& options_;
  std::vector<double> scale_;
  double unit_;
  double radius_;
  Master master_;
  std::vector<KnownLine> lines_;
  DualPoint best_;
  BundleResult result_;
};

}  // namespace

BundleResult minimise(DualFunction& function, std::span<const double> start, const BundleOptions& options,
                      std::vector<KnownLine> known) {
  return Iteration(function, start, options, std::move(known)).run();
}

}  // namespace proffer::allocation
