// Newton's method against gradients that vanish, closed forms and errors it must name; the same at any number of ranks.
#include "models/logistic_regression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <numeric>

#include "models/small_book.hpp"
#include "parallel/collectives.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::error_of;
using test::uniform;
using test::world;

/// Rows of doubles, as they are.
class Dense : public Design {
 public:
  Dense(std::vector<std::string> names, std::vector<double> values)
      : names_(std::move(names)), values_(std::move(values)) {}
  [[nodiscard]] std::size_t rows() const override { return values_.size() / names_.size(); }
  [[nodiscard]] const std::vector<std::string>& names() const override { return names_; }
  void fill(std::size_t first, std::span<double> into) const override {
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(first * names_.size()), into.size(), into.begin());
  }

 private:
  std::vector<std::string> names_;
  std::vector<double> values_;
};

struct Sample {
  std::vector<double> values, weights;
  std::vector<std::uint8_t> labels;
};

constexpr std::size_t rows_in_all = 3000;

/// Three columns; rows dealt unevenly, none to rank 1.
Sample sample_of(const parallel::Communicator& comm) {
  Sample sample;
  for (std::uint64_t r = 0; r < rows_in_all; ++r) {
    int owner = static_cast<int>(r * r % 7) % comm.size();
    if (owner == 1) owner = 0;
    if (owner != comm.rank()) continue;
    const double a = 4 * uniform(r, "a") - 2, b = uniform(r, "b") < 0.2 ? 1 : 0, c = 100 * uniform(r, "c");
    const double margin = -1 + 0.8 * a + 0.5 * b - 0.01 * c;
    sample.values.insert(sample.values.end(), {a, b, c});
    sample.labels.push_back(uniform(r, "y") < 1 / (1 + std::exp(-margin)) ? 1 : 0);
    sample.weights.push_back(0.5 + uniform(r, "w"));
  }
  return sample;
}

LogisticFit fit(const parallel::Communicator& comm, double ridge, bool weighted, int threads) {
  const Sample sample = sample_of(comm);
  return fit_logistic(comm, Dense({"a", "b", "c"}, sample.values), sample.labels,
                      weighted ? std::span<const double>(sample.weights) : std::span<const double>(),
                      {.ridge = ridge, .threads = threads}, "test");
}

TEST(LogisticRegression, IsTheSameAtAnyNumberOfRanksAndThreads) {
  for (const bool weighted : {false, true}) {
    const LogisticFit together = fit(world(), 0.7, weighted, 3), alone = fit(parallel::self(), 0.7, weighted, 1);
    EXPECT_EQ(together.coefficient, alone.coefficient);
    EXPECT_EQ(together.standard_error, alone.standard_error);
    EXPECT_EQ(together.log_likelihood, alone.log_likelihood);
  }
}

TEST(LogisticRegression, LeavesNoGradientAndInvertsTheHessian) {
  const Sample sample = sample_of(parallel::self());
  for (const double ridge : {0.0, 5.0}) {
    const LogisticFit found = fit(parallel::self(), ridge, true, 1);
    std::vector<double> gradient(4, 0), hessian(16, 0);
    for (std::size_t r = 0; r < sample.labels.size(); ++r) {
      const std::vector<double> x = {1, sample.values[3 * r], sample.values[3 * r + 1], sample.values[3 * r + 2]};
      const double p = 1 / (1 + std::exp(-std::inner_product(x.begin(), x.end(), found.coefficient.begin(), 0.0)));
      for (std::size_t i = 0; i < 4; ++i) {
        gradient[i] += sample.weights[r] * (sample.labels[r] - p) * x[i];
        for (std::size_t j = 0; j < 4; ++j) hessian[4 * i + j] += sample.weights[r] * p * (1 - p) * x[i] * x[j];
      }
    }
    for (std::size_t i = 1; i < 4; ++i) {
      gradient[i] -= ridge * found.coefficient[i];
      hessian[5 * i] += ridge;
    }
    const std::vector<double> variance = inverse_diagonal(hessian);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(gradient[i] * found.standard_error[i], 0, 1e-9);
      EXPECT_NEAR(found.standard_error[i] / std::sqrt(variance[i]), 1, 1e-9);
      EXPECT_NEAR(found.z[i], found.coefficient[i] / found.standard_error[i], 1e-12);
      EXPECT_NEAR(found.p[i], std::erfc(std::fabs(found.z[i]) / std::sqrt(2.0)), 1e-12);
    }
  }
}

TEST(LogisticRegression, OfOneIndicatorIsTheLogOfAnOddsRatio) {
  // 30 of 100 against 10 of 80: β = log((30/70)/(10/70)), variance 1/30 + 1/70 + 1/10 + 1/70 (Woolf 1955).
  std::vector<double> x;
  std::vector<std::uint8_t> y;
  const auto add = [&](double value, std::uint8_t label, int times) {
    for (int i = 0; i < times; ++i) {
      x.push_back(value);
      y.push_back(label);
    }
  };
  add(1, 1, 30), add(1, 0, 70), add(0, 1, 10), add(0, 0, 70);
  const LogisticFit found = fit_logistic(parallel::self(), Dense({"x"}, x), y, {}, {}, "test");
  EXPECT_NEAR(found.coefficient[0], std::log(10.0 / 70), 1e-12);
  EXPECT_NEAR(found.coefficient[1], std::log(3.0), 1e-12);
  EXPECT_NEAR(found.standard_error[1], std::sqrt(1.0 / 30 + 1.0 / 70 + 1.0 / 10 + 1.0 / 70), 1e-11);
  EXPECT_LE(found.steps, 8);
}

std::string refusal(const std::vector<std::string>& names, const std::vector<double>& x,
                    const std::vector<std::uint8_t>& y, double ridge = 0) {
  return error_of(
      [&] { static_cast<void>(fit_logistic(parallel::self(), Dense(names, x), y, {}, {.ridge = ridge}, "model m")); });
}

TEST(LogisticRegression, NamesWhatItCannotFit) {
  EXPECT_EQ(refusal({"x"}, {1, 2, 3}, {1, 1, 1}),
            "model m has no logistic regression (its rows have one class only): check the outcomes and the split");
  EXPECT_EQ(
      refusal({"x"}, {1, 2, 3, 4}, {0, 0, 1, 1}),
      "model m has no logistic regression (events and nonevents are separated, by x and perhaps others): merge its "
      "bins, leave it out, or set a ridge penalty");
  // Only rows with x = 1 are separated.
  EXPECT_EQ(
      refusal({"z", "x"}, {1, 0, 2, 0, 1, 0, 2, 0, 3, 0, 1, 1, 2, 1}, {0, 1, 1, 0, 1, 1, 1}),
      "model m has no logistic regression (events and nonevents are separated, by x and perhaps others): merge its "
      "bins, leave it out, or set a ridge penalty");
  EXPECT_EQ(
      refusal({"x", "twice"}, {1, 2, 2, 4, 3, 6, 4, 8}, {0, 1, 0, 1}),
      "model m has no logistic regression (twice is a linear combination of other columns): leave it out, or set a "
      "ridge penalty");
  EXPECT_EQ(refusal({"x"}, {1, 2, 3, 4}, {0, 0, 1, 1}, 0.1), "") << "a penalty has a maximum";
}

TEST(Oracle, LogisticRegressionAgreesTo1em9) {
  if (!std::getenv("PROFFER_ORACLE")) GTEST_SKIP() << "runs as its own test, models/oracle";
  const test::Scratch scratch;
  const Sample sample = sample_of(parallel::self());
  for (const double ridge : {0.0, 3.0}) {
    const LogisticFit found = fit(parallel::self(), ridge, true, 1);
    const auto file = scratch.path() / "rows.csv";
    {
      std::ofstream csv(file);
      csv << std::setprecision(17);
      for (const auto& list : {found.coefficient, found.standard_error, found.p})
        csv << list[0] << ',' << list[1] << ',' << list[2] << ',' << list[3] << ",0\n";
      for (std::size_t r = 0; r < sample.labels.size(); ++r)
        csv << sample.values[3 * r] << ',' << sample.values[3 * r + 1] << ',' << sample.values[3 * r + 2] << ','
            << int{sample.labels[r]} << ',' << sample.weights[r] << '\n';
    }
    const std::string command = "/usr/bin/python3 " PROFFER_SOURCE_DIR "/tests/models/logistic_oracle.py " +
                                file.string() + " " + std::to_string(ridge);
    EXPECT_EQ(std::system(command.c_str()), 0);
  }
}

TEST(Correlations, OfColumnsWithAKnownOne) {
  // b = a + noise of the same variance: correlation 1/√2; a constant column: 0.
  std::vector<double> values;
  for (int i = 0; i < 4; ++i) {
    const double a = i % 2 == 0 ? 1 : -1, noise = i < 2 ? 1 : -1;
    values.insert(values.end(), {a, a + noise, 5});
  }
  const auto matrix = correlations(parallel::self(), Dense({"a", "b", "c"}, values), 1);
  EXPECT_NEAR(matrix[1], 1 / std::sqrt(2.0), 1e-12);
  EXPECT_EQ(matrix[0], 1);
  EXPECT_EQ(matrix[2], 0);
  const std::vector<double> pair = {1, 0.6, 0.6, 1};
  EXPECT_NEAR(inverse_diagonal(pair)[1], 1 / (1 - 0.36), 1e-12);
  const std::vector<double> same = {1, 1, 0.6, 1, 1, 0.6, 0.6, 0.6, 1};
  EXPECT_EQ(independent_columns(same), (std::vector<std::size_t>{0, 2}));
}

}  // namespace
}  // namespace proffer::models
