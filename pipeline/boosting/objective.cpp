#include "boosting/objective.hpp"

#include <algorithm>

#include "statistics/inverse_mills_table.hpp"
#include "statistics/logistic.hpp"
#include "statistics/normal.hpp"

namespace proffer::boosting {
namespace {

class Labelled : public Objective {
 public:
  explicit Labelled(std::span<const std::uint8_t> labels) : labels_(labels) {}
  [[nodiscard]] std::size_t rows() const override { return labels_.size(); }
  [[nodiscard]] bool takes_part(std::size_t row) const final { return labels_[row] <= 1; }

 protected:
  std::span<const std::uint8_t> labels_;
};

class Logistic : public Labelled {
 public:
  using Labelled::Labelled;
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      gradient[i] = curvature[i] = 0;
      if (!takes_part(first + i)) continue;
      const double p = statistics::sigmoid(static_cast<double>(margins[i]));
      gradient[i] = p - (labels_[first + i] == 1 ? 1.0 : 0.0);
      curvature[i] = p * (1 - p);
    }
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const auto margin = static_cast<double>(margins[i]);
      loss[i] = statistics::log1pexp(labels_[first + i] == 1 ? -margin : margin);
    }
  }
};

class Probit : public Labelled {
  static constexpr double reach = statistics::InverseMillsTable::reach;

 public:
  using Labelled::Labelled;
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      // −log Φ(w) with w = ±margin: derivative −λ(w), second derivative λ(w)(λ(w) + w), λ = φ/Φ.
      const double sign = labels_[first + i] == 1 ? 1.0 : -1.0;
      const double w = std::clamp(sign * static_cast<double>(margins[i]), -reach, reach);
      const double mills = takes_part(first + i) ? mills_(w) : 0.0;
      gradient[i] = -sign * mills;
      curvature[i] = std::max(0.0, mills * (mills + w));
    }
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const double sign = labels_[first + i] == 1 ? 1.0 : -1.0;
      loss[i] = -statistics::log_normal_cdf(sign * static_cast<double>(margins[i]));
    }
  }

 private:
  statistics::InverseMillsTable mills_;
};

}  // namespace

std::unique_ptr<Objective> logistic(std::span<const std::uint8_t> labels) {
  return std::make_unique<Logistic>(labels);
}

std::unique_ptr<Objective> probit(std::span<const std::uint8_t> labels) {
  return std::make_unique<Probit>(labels);
}

}  // namespace proffer::boosting
