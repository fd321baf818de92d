// Synthetic borrowers against the constants they were fitted to and against the public data's rank correlations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "borrowers/synthetic_people.hpp"

namespace proffer::borrowers {
namespace {

constexpr std::size_t crowd_size = 40'000;

People draw(double drift, int month) {
  std::vector<std::uint64_t> ids(crowd_size);
  std::iota(ids.begin(), ids.end(), 77);
  People people;
  Crowd(5, drift).draw(ids, std::vector<int>(crowd_size, month), people);
  return people;
}

const People& crowd() {
  static const People people = draw(0, 0);
  return people;
}

std::vector<double> column_of(const std::vector<float>& values, std::size_t column) {
  std::vector<double> out(crowd_size);
  for (std::size_t i = 0; i < crowd_size; ++i) out[i] = static_cast<double>(values[i * column::size + column]);
  return out;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Five standard errors of a share.
double five_errors(double share) {
  return 5 * std::sqrt(std::max(share * (1 - share), 1e-5) / static_cast<double>(crowd_size));
}

std::vector<double> mid_ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t i = 0, j = 0; i < order.size(); i = j) {
    while (j < order.size() && values[order[j]] == values[order[i]]) ++j;
    for (std::size_t k = i; k < j; ++k) ranks[order[k]] = 0.5 * static_cast<double>(i + j - 1);
  }
  return ranks;
}

double rank_correlation(std::size_t a, std::size_t b) {
  const auto x = mid_ranks(column_of(crowd().truth, a));
  const auto y = mid_ranks(column_of(crowd().truth, b));
  const double middle = 0.5 * static_cast<double>(crowd_size - 1);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < crowd_size; ++i) {
    xy += (x[i] - middle) * (y[i] - middle);
    xx += (x[i] - middle) * (x[i] - middle);
    yy += (y[i] - middle) * (y[i] - middle);
  }
  return xy / std::sqrt(xx * yy);
}

double missing_share(std::size_t column) {
  const auto shown = column_of(crowd().shown, column);
  return static_cast<double>(std::count_if(shown.begin(), shown.end(), [](double v) { return std::isnan(v); })) /
         static_cast<double>(crowd_size);
}

TEST(SyntheticPeople, HaveTheFittedQuantiles) {
  const auto levels = fitted_levels();
  std::size_t column = 0;
  for (const Fitted& fitted : fitted_marginals()) {
    const auto values = column_of(crowd().truth, column++);
    if (fitted.shape != Fitted::Shape::continuous) continue;
    const double rounding = std::string_view(fitted.name) == "card_limit" ? 10 : fitted.values.back() > 10 ? 1 : 1e-4;
    for (std::size_t k = 1; k + 2 < levels.size(); ++k) {
      const auto share_below = [&](double limit) {
        return static_cast<double>(std::count_if(values.begin(), values.end(), [&](double v) { return v <= limit; })) /
               static_cast<double>(crowd_size);
      };
      EXPECT_LE(share_below(fitted.values[k] - 1.01 * rounding), levels[k] + five_errors(levels[k])) << fitted.name;
      EXPECT_GE(share_below(fitted.values[k] + 1.01 * rounding), levels[k] - five_errors(levels[k])) << fitted.name;
    }
  }
}

TEST(SyntheticPeople, HaveTheFittedCounts) {
  std::size_t column = 0;
  for (const Fitted& fitted : fitted_marginals()) {
    const auto values = column_of(crowd().truth, column++);
    if (fitted.shape != Fitted::Shape::count) continue;
    for (std::size_t k = 0; k < fitted.values.size(); ++k) {
      const double share = static_cast<double>(std::count(values.begin(), values.end(), static_cast<double>(k))) /
                           static_cast<double>(crowd_size);
      EXPECT_NEAR(share, fitted.values[k], five_errors(fitted.values[k])) << fitted.name << " = " << k;
    }
  }
}

// Spearman's rank correlations computed from the public files (Give Me Some Credit, UCI 350, Karlan & Zinman, UCI 222).
TEST(SyntheticPeople, HaveThePublicRankCorrelations) {
  struct Pair {
    std::size_t a, b;
    double expected;
  };
  for (const Pair& pair :
       {Pair{latent::utilisation, latent::age, -0.276}, Pair{latent::income_monthly, latent::age, 0.131},
        Pair{latent::debt_to_income, latent::mortgages, 0.612},
        Pair{latent::delinquencies_90d, latent::utilisation, 0.230},
        Pair{latent::delinquencies_90d, latent::delinquencies_60d, 0.296},
        Pair{latent::dependents, latent::age, -0.229}, Pair{latent::card_bill, latent::utilisation, 0.828},
        Pair{latent::card_paid, latent::card_bill, 0.502},
        Pair{latent::last_loan_amount, latent::income_monthly, 0.377}, Pair{latent::bureau_score, latent::age, 0.227},
        Pair{latent::prior_loans, latent::age, 0.234}, Pair{latent::education, latent::age, -0.155}})
    EXPECT_NEAR(rank_correlation(pair.a, pair.b), pair.expected, 0.03) << pair.a << " " << pair.b;
}

TEST(SyntheticPeople, LoseValuesAsOftenAsThePublicFilesAndNotAtRandom) {
  EXPECT_NEAR(missing_share(latent::income_monthly), 0.198, 0.01);  // Give Me Some Credit
  EXPECT_NEAR(missing_share(latent::bureau_score), 0.122, 0.01);    // Karlan & Zinman
  EXPECT_NEAR(missing_share(latent::dependents), 0.026, 0.004);
  const auto income = column_of(crowd().truth, latent::income_monthly);
  const auto shown = column_of(crowd().shown, latent::income_monthly);
  double told = 0, kept = 0, n_told = 0, n_kept = 0;
  for (std::size_t i = 0; i < crowd_size; ++i) {
    (std::isnan(shown[i]) ? kept : told) += std::log(income[i]);
    (std::isnan(shown[i]) ? n_kept : n_told) += 1;
  }
  EXPECT_LT(kept / n_kept, told / n_told - 0.1);
  for (std::size_t i = 0; i < crowd().truth.size(); ++i) {
    ASSERT_TRUE(std::isfinite(crowd().truth[i]));
    if (!std::isnan(crowd().shown[i])) {
      ASSERT_EQ(crowd().shown[i], crowd().truth[i]);
    }
  }
}

TEST(SyntheticPeople, DriftByMonth) {
  const People later = draw(1, 24);
  EXPECT_GT(mean_of(column_of(later.truth, latent::utilisation)),
            mean_of(column_of(crowd().truth, latent::utilisation)) + 0.02);
  EXPECT_EQ(column_of(later.truth, latent::age), column_of(crowd().truth, latent::age));
  EXPECT_EQ(draw(0, 24).truth, crowd().truth);
}

TEST(SyntheticPeople, DoNotDependOnWhoIsDrawnWithThem) {
  const std::vector<std::uint64_t> ids{77 + 12'345};
  People alone;
  Crowd(5, 0).draw(ids, std::vector<int>{0}, alone);
  const auto same = crowd().true_row(12'345);
  EXPECT_TRUE(std::equal(same.begin(), same.end(), alone.truth.begin(), alone.truth.end()));
}

}  // namespace
}  // namespace proffer::borrowers
