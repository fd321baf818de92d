// The linear special case: planted lines, the same at any number of ranks, and a direct maximisation by scipy.
#include "models/joint_linear.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

#include "parallel/random.hpp"
#include "statistics/normal.hpp"
#include "support/scratch.hpp"
#include "support/world.hpp"

namespace proffer::models {
namespace {

using test::world;

struct Sample {
  std::vector<double> x, z;
  std::vector<std::uint8_t> response, label;
  [[nodiscard]] HeckprobitRows rows() const { return {2, 1, x, z, response, label}; }
};

/// f = −0.5 + 0.8 x₁ + 0.6 x₂, g = −0.3 + 0.7 x₁, ρ = 0.4; of a tenth of the takers default is not known.
Sample sample(std::uint64_t first, std::uint64_t end) {
  Sample made;
  for (std::uint64_t r = first; r < end; ++r) {
    const auto normal = [r](std::uint64_t what) {
      return statistics::normal_quantile(parallel::to_unit_interval(parallel::random_bits(9, r, what)));
    };
    const double x1 = normal(1), x2 = normal(2), u = normal(3), v = 0.4 * u + std::sqrt(1 - 0.16) * normal(4);
    const bool takes = -0.5 + 0.8 * x1 + 0.6 * x2 + u > 0, fails = -0.3 + 0.7 * x1 + v > 0;
    made.x.insert(made.x.end(), {x1, x2});
    made.z.push_back(x1);
    made.response.push_back(takes ? 1 : 0);
    made.label.push_back(!takes || r % 10 == 0 ? 255 : fails ? 1 : 0);
  }
  return made;
}

constexpr std::uint64_t all_rows = 4000;

TEST(Heckprobit, FindsPlantedLinesAndIsTheSameAtAnyNumberOfRanks) {
  const auto size = static_cast<std::uint64_t>(world().size()), rank = static_cast<std::uint64_t>(world().rank());
  const Sample mine = sample(all_rows * rank / size, all_rows * (rank + 1) / size), all = sample(0, all_rows);
  const Heckprobit here = fit_heckprobit(world(), mine.rows()), alone = fit_heckprobit(parallel::self(), all.rows());
  EXPECT_EQ(here.f, alone.f);
  EXPECT_EQ(here.g, alone.g);
  EXPECT_EQ(here.rho, alone.rho);
  EXPECT_TRUE(here.converged);
  EXPECT_NEAR(here.rho, 0.4, 3 * here.rho_error);
  EXPECT_LT(here.rho_error, 0.15);
  EXPECT_NEAR(here.f[1], 0.8, 0.1);
  EXPECT_NEAR(here.f[2], 0.6, 0.1);
  EXPECT_NEAR(here.g[1], 0.7, 0.2);
}

TEST(Oracle, HeckprobitAgreesWithADirectMaximisation) {
  if (std::getenv("PROFFER_ORACLE") == nullptr) GTEST_SKIP() << "set PROFFER_ORACLE";
  const test::Scratch scratch;
  const Sample all = sample(0, all_rows);
  const Heckprobit fit = fit_heckprobit(parallel::self(), all.rows());
  const auto path = scratch.path() / "rows.csv";
  std::ofstream file(path);
  file.precision(17);
  for (const double value : fit.f) file << value << ',';
  for (const double value : fit.g) file << value << ',';
  file << fit.rho << ',' << fit.log_likelihood << '\n';
  for (std::size_t i = 0; i < all_rows; ++i)
    file << all.x[2 * i] << ',' << all.x[2 * i + 1] << ',' << all.z[i] << ',' << int{all.response[i]} << ','
         << int{all.label[i]} << '\n';
  file.close();
  const std::string command =
      "/usr/bin/python3 " PROFFER_SOURCE_DIR "/tests/models/heckprobit_oracle.py " + path.string();
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace proffer::models
