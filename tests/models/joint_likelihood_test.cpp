// The joint likelihood, its inversion and the estimate of ρ, against differences, definitions and planted values.
#include "models/joint_likelihood.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "models/joint_inversion.hpp"
#include "models/joint_profile.hpp"
#include "parallel/random.hpp"
#include "statistics/bivariate_normal.hpp"
#include "statistics/normal.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::world;

/// Uniform in (low, high), by a number.
double uniform(std::uint64_t draw, double low, double high, std::uint64_t what = 0) {
  return low + (high - low) * parallel::to_unit_interval(parallel::random_bits(17, draw, what));
}

TEST(DefaultOfTakers, DerivativesAgreeWithDifferencesAtRandomPoints) {
  constexpr double step = 1e-5;
  for (std::uint64_t draw = 0; draw < 300; ++draw) {
    const double f = uniform(draw, -3, 2, 1), g = uniform(draw, -3, 2, 2), rho = uniform(draw, -0.9, 0.9, 3);
    const DefaultOfTakers at = default_of_takers(f, g, rho);
    EXPECT_NEAR(at.p, statistics::bivariate_normal_cdf(f, g, rho) / statistics::normal_cdf(f), 1e-12);
    EXPECT_NEAR(at.p + at.complement, 1, 1e-12);
    const auto slope = [&](double by_f, double by_g, double by_rho) {
      return (default_of_takers(f + by_f, g + by_g, rho + by_rho).p -
              default_of_takers(f - by_f, g - by_g, rho - by_rho).p) /
             (2 * step);
    };
    EXPECT_NEAR(at.by_f, slope(step, 0, 0), 1e-7) << f << ' ' << g << ' ' << rho;
    EXPECT_NEAR(at.by_g, slope(0, step, 0), 1e-7) << f << ' ' << g << ' ' << rho;
    EXPECT_NEAR(at.by_rho, slope(0, 0, step), 1e-7) << f << ' ' << g << ' ' << rho;
  }
}

TEST(DefaultOfTakers, IsTheIndependentModelWithoutCorrelationAndFiniteFarOut) {
  EXPECT_NEAR(default_of_takers(-0.7, 0.3, 0).p, statistics::normal_cdf(0.3), 1e-14);
  for (const double f : {-50.0, -8.0, 0.0, 8.0, 50.0})
    for (const double g : {-50.0, -8.0, 0.0, 8.0, 50.0})
      for (const double rho : {-0.95, 0.0, 0.95}) {
        const DefaultOfTakers at = default_of_takers(f, g, rho);
        EXPECT_TRUE(at.p > 0 && at.p <= 1 && at.complement > 0 && at.complement <= 1) << f << ' ' << g << ' ' << rho;
        EXPECT_TRUE(std::isfinite(at.by_f) && std::isfinite(at.by_g) && std::isfinite(at.by_rho));
      }
}

TEST(DefaultOfTakersObjective, GradientIsTheSlopeOfTheLossAndCurvatureItsExpectation) {
  const std::vector<float> f{-1.5F, -1.5F, 0.4F, 0.4F, -0.2F};
  const auto objective = default_of_takers_objective(f, {0, 1, 0, 1, 255}, 0.6);
  EXPECT_FALSE(objective->takes_part(4));
  for (const float g : {-1.8F, -0.3F, 0.9F}) {
    std::array<double, 4> gradient{}, curvature{}, above{}, below{};
    const auto at = [&](float margin) { return std::array<float, 4>{margin, margin, margin, margin}; };
    constexpr float step = 1.0F / 512;
    objective->derivatives(0, at(g), gradient, curvature);
    objective->losses(0, at(g + step), above);
    objective->losses(0, at(g - step), below);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(gradient[i], (above[i] - below[i]) * 256, 2e-5) << g << ' ' << i;
    for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
      const double p = default_of_takers(static_cast<double>(f[i]), static_cast<double>(g), 0.6).p;
      const double expected = (1 - p) * gradient[i] * gradient[i] + p * gradient[i + 1] * gradient[i + 1];
      EXPECT_NEAR(curvature[i], expected, 1e-10 * expected);
    }
  }
}

TEST(Inversion, FindsTheGWhoseMeanOverTheLawIsTheReducedForm) {
  for (std::uint64_t draw = 0; draw < 1000; ++draw) {
    const TakeLaw law{uniform(draw, -3, 1, 4), uniform(draw, 0.01, 1.5, 5)};
    const double g = uniform(draw, -3, 2, 6), rho = uniform(draw, -0.95, 0.95, 7);
    const double mean =
        (default_of_takers(law.mean - law.spread, g, rho).p + default_of_takers(law.mean + law.spread, g, rho).p) / 2;
    if (mean < 1e-9 || mean > 1 - 1e-9) continue;
    const double reduced = statistics::normal_quantile(mean);
    EXPECT_NEAR(invert(law, reduced, rho).g, g, 1e-6) << law.mean << ' ' << law.spread << ' ' << rho;
    for (const double off : {-0.3, -1e-3, 2e-5})
      EXPECT_NEAR(invert(law, reduced, TakerDefaults(rho), g + off).g, g, 1e-6) << off << ' ' << rho;
    // Along the direction the score by g stays 0: that is how the maximising g moves. It is told one step before.
    const Inverted found = invert(law, reduced, rho);
    double cross = 0, size = 0;
    for (const double f : {law.mean - law.spread, law.mean + law.spread}) {
      const DefaultOfTakers at = default_of_takers(f, found.g, rho);
      cross += (at.by_rho + at.by_g * found.direction) * at.by_g / (at.p * at.complement);
      size += std::fabs(at.by_rho) * at.by_g / (at.p * at.complement);
    }
    EXPECT_NEAR(cross, 0, 0.01 * size);
  }
}

/// Contacts whose f, reduced form and law of f are known: a price of two levels moves f, nothing else does.
ProfileRows planted(std::uint64_t first, std::uint64_t rows, double rho, double noise) {
  ProfileRows out;
  for (std::uint64_t r = first; r < first + rows; ++r) {
    const double base = uniform(r, -1.6, -0.4, 10), spread = 0.5, g = uniform(r, -1.2, 0.2, 11);
    const bool cheap = uniform(r, 0, 1, 12) < 0.5;
    const double f = base + (cheap ? spread : -spread);
    const double u = statistics::normal_quantile(uniform(r, 0, 1, 13)),
                 own = statistics::normal_quantile(uniform(r, 0, 1, 14));
    const bool takes = f + u > 0, fails = g + rho * u + std::sqrt(1 - rho * rho) * own > 0;
    const double low = statistics::normal_cdf(base - spread), high = statistics::normal_cdf(base + spread);
    const double mean = base + spread * (high - low) / (high + low);  // of f among takers
    const double both = statistics::bivariate_normal_cdf(base - spread, g, rho) +
                        statistics::bivariate_normal_cdf(base + spread, g, rho);
    out.f.push_back(static_cast<float>(f + noise * statistics::normal_quantile(uniform(r, 0, 1, 15))));
    out.reduced.push_back(static_cast<float>(statistics::normal_quantile(both / (low + high))));
    out.mean.push_back(static_cast<float>(mean));
    out.spread.push_back(static_cast<float>(2 * spread * std::sqrt(low * high) / (low + high)));
    out.response.push_back(takes ? 1 : 0);
    out.label.push_back(!takes ? 255 : fails ? 1 : 0);
    out.known.push_back(1);
    out.unit.push_back(r);
  }
  return out;
}

TEST(Rho, IsThePlantedOneAndItsIntervalsAgree) {
  constexpr std::uint64_t rows = 8000;
  const auto size = static_cast<std::uint64_t>(world().size()), rank = static_cast<std::uint64_t>(world().rank());
  for (const double rho : {0.5}) {
    const std::uint64_t first = rows * rank / size, end = rows * (rank + 1) / size;
    const RhoEstimate here = estimate_rho(world(), planted(first, end - first, rho, 0), 20, 3, 2);
    const RhoEstimate alone = estimate_rho(parallel::self(), planted(0, rows, rho, 0), 20, 3, 1);
    EXPECT_EQ(here.rho, alone.rho);
    EXPECT_EQ(here.standard_error, alone.standard_error);
    EXPECT_EQ(here.bootstrap_error, alone.bootstrap_error);
    EXPECT_EQ(here.profile_interval.low, alone.profile_interval.low);
    EXPECT_NEAR(here.rho, rho, 3 * here.standard_error);
    EXPECT_LT(here.standard_error, 0.2);
    EXPECT_LT(here.interval.low, rho);
    EXPECT_GT(here.interval.high, rho);
    EXPECT_NEAR(here.profile_rho, rho, 0.3) << "with f known, the profile finds it too";
    EXPECT_LT(here.profile_interval.low, here.profile_rho);
    EXPECT_GT(here.profile_interval.high, here.profile_rho);
    EXPECT_NEAR(here.bootstrap_error, here.standard_error, 0.5 * here.standard_error);
    EXPECT_LT(here.p_value, 0.05);
  }
}

TEST(Rho, TheScoreIsMovedLittleByNoiseInFThatAttenuatesTheProfile) {
  // Scores at the planted ρ, summed: 0 but for chance, which the sum of squares tells.
  const double rho = 0.5;
  const ProfileRows rows = planted(0, 30000, rho, 0.2);
  double sum = 0, squares = 0;
  for (const float score : RowsAtRho(parallel::self(), rows, 1).orthogonal_scores(rho)) {
    sum += static_cast<double>(score);
    squares += static_cast<double>(score) * static_cast<double>(score);
  }
  const RhoEstimate estimate = estimate_rho(parallel::self(), rows, 0, 3, 1);
  EXPECT_LT(std::fabs(sum), 3 * std::sqrt(squares));
  EXPECT_LT(estimate.profile_rho, estimate.rho - 0.03);
  EXPECT_NEAR(estimate.rho, rho, 3 * estimate.standard_error);
}

TEST(RowsAtRho, StartFromARhoNearbyWithoutMakingADifference) {
  const ProfileRows rows = planted(0, 2000, 0.4, 0);
  RowsAtRho going(parallel::self(), rows, 1);
  for (const double rho : {-0.8, -0.6, 0.3, 0.35, 0.349, 0.1}) {
    RowsAtRho fresh(parallel::self(), rows, 1);
    const std::vector<float> there = going.orthogonal_scores(rho), here = fresh.orthogonal_scores(rho);
    for (std::size_t i = 0; i < rows.rows(); ++i) ASSERT_NEAR(there[i], here[i], 2e-4 * (1 + std::fabs(here[i])));
    EXPECT_NEAR(going.profile_point(rho).log_likelihood, fresh.profile_point(rho).log_likelihood, 1e-6);
  }
}

}  // namespace
}  // namespace proffer::models
