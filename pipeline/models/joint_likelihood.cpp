#include "models/joint_likelihood.hpp"

#include <algorithm>
#include <cmath>

#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

constexpr double reach = 8;
constexpr double least = 1e-300;

/// Φ₂(f, g; ρ)/Φ(f), with a small relative error also where it is small.
double ratio(const statistics::BivariateNormalCdf& both, const TakerDefaults::Taker& taker,
             const TakerDefaults::Risk& risk) {
  const double joint = both.with_cdfs(taker.f, taker.take, risk.g, risk.pd);
  if (joint > 1e-9) return std::min(1.0, joint / taker.take);
  return std::exp(statistics::log_bivariate_normal(taker.f, risk.g, both.rho()).value -
                  statistics::log_normal_cdf(taker.f));
}

class OfTakers : public boosting::Objective {
 public:
  OfTakers(const std::vector<float>& f, std::vector<std::uint8_t> labels, double rho)
      : labels_(std::move(labels)), defaults_(rho) {
    takers_.reserve(f.size());
    for (const float margin : f) takers_.push_back(TakerDefaults::taker(static_cast<double>(margin)));
  }
  [[nodiscard]] std::size_t rows() const override { return labels_.size(); }
  [[nodiscard]] bool takes_part(std::size_t row) const final { return labels_[row] <= 1; }
  void derivatives(std::size_t first, std::span<const float> margins, std::span<double> gradient,
                   std::span<double> curvature) const override {
    for (std::size_t i = 0; i < margins.size(); ++i) {
      gradient[i] = curvature[i] = 0;
      if (!takes_part(first + i)) continue;
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
    return defaults_.level_at(takers_[row], TakerDefaults::risk(static_cast<double>(margin)));
  }
  std::vector<TakerDefaults::Taker> takers_;
  std::vector<std::uint8_t> labels_;
  TakerDefaults defaults_;
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

TakerDefaults::TakerDefaults(double rho) : both_(rho), only_one_(-rho), width_(std::sqrt((1 - rho) * (1 + rho))) {}

TakerDefaults::Taker TakerDefaults::taker(double f) {
  f = std::clamp(f, -reach, reach);
  const auto [take, density] = statistics::normal_cdf_and_density(f);
  return {f, take, density / take};
}

TakerDefaults::Risk TakerDefaults::risk(double g) {
  g = std::clamp(g, -reach, reach);
  const auto [pd, density] = statistics::normal_cdf_and_density(g);
  return {g, pd, density};
}

DefaultOfTakers TakerDefaults::level_at(const Taker& taker, const Risk& risk) const {
  DefaultOfTakers at;
  at.p = std::max(ratio(both_, taker, risk), least);
  at.complement = std::max(complement_of(at.p, taker, risk), least);
  at.by_g = risk.density * statistics::normal_cdf((taker.f - rho() * risk.g) / width_) / taker.take;
  return at;
}

double TakerDefaults::complement_of(double p, const Taker& taker, const Risk& risk) const {
  return p < 0.999 ? 1 - p : ratio(only_one_, taker, TakerDefaults::risk(-risk.g));
}

double TakerDefaults::by_rho_at(const Taker& taker, const Risk& risk) const {
  return taker.mills * statistics::normal_density((risk.g - rho() * taker.f) / width_) / width_;
}

DefaultOfTakers TakerDefaults::at(const Taker& taker, double g) const {
  const Risk here = risk(g);
  DefaultOfTakers at = level_at(taker, here);
  at.by_f = taker.mills * (statistics::normal_cdf((here.g - rho() * taker.f) / width_) - at.p);
  at.by_rho = by_rho_at(taker, here);
  return at;
}

DefaultOfTakers default_of_takers(double f, double g, double rho) {
  return TakerDefaults(rho).at(TakerDefaults::taker(f), g);
}

std::unique_ptr<boosting::Objective> default_of_takers_objective(const std::vector<float>& f,
                                                                 std::vector<std::uint8_t> labels, double rho) {
  return std::make_unique<OfTakers>(f, std::move(labels), rho);
}

std::unique_ptr<boosting::Objective> squared_error(std::vector<float> targets) {
  return std::make_unique<SquaredError>(std::move(targets));
}

}  // namespace proffer::models
