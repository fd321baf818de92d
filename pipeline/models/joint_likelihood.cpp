#include "models/joint_likelihood.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

constexpr double reach = 8;
constexpr double least = 1e-300;

class OfTakers : public boosting::Objective {
 public:
  OfTakers(std::vector<float> f, std::vector<std::uint8_t> labels, double rho)
      : f_(std::move(f)), labels_(std::move(labels)), defaults_(rho) {}
  [[nodiscard]] std::size_t rows() const override { return labels_.size(); }
  [[nodiscard]] bool takes_part(std::size_t row) const override { return labels_[row] <= 1; }
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const DefaultOfTakers at = here(first + i, margins[i]);
      gradient[i] = labels_[first + i] == 1 ? -at.by_g / at.p : at.by_g / at.complement;
      curvature[i] = at.by_g / at.p * (at.by_g / at.complement);
    }
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const DefaultOfTakers at = here(first + i, margins[i]);
      loss[i] = -std::log(labels_[first + i] == 1 ? at.p : at.complement);
    }
  }

 private:
  [[nodiscard]] DefaultOfTakers here(std::size_t row, float margin) const {
    return defaults_.at(TakerDefaults::taker(static_cast<double>(f_[row])), static_cast<double>(margin));
  }
  std::vector<float> f_;
  std::vector<std::uint8_t> labels_;
  TakerDefaults defaults_;
};

/// An objective over labels that it owns.
class KeptProbit : public boosting::Objective {
 public:
  explicit KeptProbit(std::vector<std::uint8_t> labels)
      : labels_(std::move(labels)), probit_(boosting::probit(labels_)) {}
  [[nodiscard]] std::size_t rows() const override { return probit_->rows(); }
  [[nodiscard]] bool takes_part(std::size_t row) const override { return probit_->takes_part(row); }
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    probit_->derivatives(first, margins, gradient, curvature);
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    probit_->losses(first, margins, loss);
  }

 private:
  std::vector<std::uint8_t> labels_;
  std::unique_ptr<boosting::Objective> probit_;
};

class SquaredError : public boosting::Objective {
 public:
  explicit SquaredError(std::vector<float> targets) : targets_(std::move(targets)) {}
  [[nodiscard]] std::size_t rows() const override { return targets_.size(); }
  [[nodiscard]] bool takes_part(std::size_t) const override { return true; }
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      gradient[i] = static_cast<double>(margins[i]) - static_cast<double>(targets_[first + i]);
      curvature[i] = 1;
    }
  }
  void losses(std::size_t first, std::span<const float> margins, std::span<double> loss) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      const double off = static_cast<double>(margins[i]) - static_cast<double>(targets_[first + i]);
      loss[i] = off * off / 2;
    }
  }

 private:
  std::vector<float> targets_;
};

}  // namespace

TakerDefaults::TakerDefaults(double rho) : both_(rho), width_(std::sqrt((1 - rho) * (1 + rho))) {}

TakerDefaults::Taker TakerDefaults::taker(double f) {
  f = std::clamp(f, -reach, reach);
  return {f, statistics::normal_cdf(f)};
}

/// Φ₂(f, g; ρ)/Φ(f), with a small relative error also where it is small.
double TakerDefaults::ratio(const Taker& taker, double g) const {
  const double both = both_(taker.f, g);
  if (both > 1e-9) return std::min(1.0, both / taker.take);
  return std::exp(statistics::log_bivariate_normal(taker.f, g, rho()).value - statistics::log_normal_cdf(taker.f));
}

DefaultOfTakers TakerDefaults::level_at(const Taker& taker, double g) const {
  g = std::clamp(g, -reach, reach);
  DefaultOfTakers at;
  at.p = std::max(ratio(taker, g), least);
  at.by_g = statistics::normal_density(g) * statistics::normal_cdf((taker.f - rho() * g) / width_) / taker.take;
  return at;
}

DefaultOfTakers TakerDefaults::completed(DefaultOfTakers level, const Taker& taker, double g) const {
  g = std::clamp(g, -reach, reach);
  const double mills = statistics::normal_density(taker.f) / taker.take;
  const double across = (g - rho() * taker.f) / width_;
  const double other = level.p < 0.999 ? 1 - level.p : TakerDefaults(-rho()).ratio(taker, -g);
  level.complement = std::max(other, least);
  level.by_f = mills * (statistics::normal_cdf(across) - level.p);
  level.by_rho = mills * statistics::normal_density(across) / width_;
  return level;
}

DefaultOfTakers TakerDefaults::at(const Taker& taker, double g) const {
  return completed(level_at(taker, g), taker, g);
}

DefaultOfTakers default_of_takers(double f, double g, double rho) {
  return TakerDefaults(rho).at(TakerDefaults::taker(f), g);
}

std::unique_ptr<boosting::Objective> default_of_takers_objective(std::vector<float> f, std::vector<std::uint8_t> labels,
                                                                 double rho) {
  return std::make_unique<OfTakers>(std::move(f), std::move(labels), rho);
}

std::unique_ptr<boosting::Objective> kept_probit(std::vector<std::uint8_t> labels) {
  return std::make_unique<KeptProbit>(std::move(labels));
}

std::unique_ptr<boosting::Objective> squared_error(std::vector<float> targets) {
  return std::make_unique<SquaredError>(std::move(targets));
}

}  // namespace proffer::models
