// A planted correlation is found, within its standard error, where f and g move in waves with the same column and the
// excluded rate makes a sixth of the variance of f: 100,000 contacts, 9 % take-up. Runs as models/planted_rho;
// tests/benchmarks/planted_rho.sh does the same on whole synthetic books.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "models/small_book.hpp"
#include "models/train.hpp"
#include "settings/section.hpp"
#include "statistics/normal.hpp"

namespace proffer::models {
namespace {

using test::uniform;

constexpr std::uint64_t contacts = 100000;

/// Take-up (about 9 %) and default move in waves with income, by region; the rate moves take-up alone.
void plant(borrowers::Batch& batch, double rho) {
  for (std::size_t i = 0; i < batch.rows(); ++i) {
    const std::uint64_t r = batch.first_row + i;
    const auto normal = [r](std::string_view what) { return statistics::normal_quantile(uniform(r, what)); };
    const double income = uniform(r, "income"), region = static_cast<double>(r % 3) - 1;
    const bool cheap = uniform(r, "rho.rate") < 0.5;
    batch.offers->contacted[i] = 1;
    batch.offers->apr[i] = cheap ? 0.1F : 0.2F;
    batch.offers->propensity[i] = 0.5F;
    const double f = -1.6 + 0.7 * std::sin(30 * income) + 0.4 * region + (cheap ? 0.25 : -0.25);
    const double g = -1.3 * rho - 0.6 + 0.3 * std::cos(20 * income) - 0.2 * region;
    const double u = normal("rho.u"), v = rho * u + std::sqrt(1 - rho * rho) * normal("rho.v");
    batch.outcomes->responded[i] = f + u > 0 ? 1 : 0;
    batch.outcomes->booked[i] = batch.outcomes->responded[i];
    batch.outcomes->defaulted[i] = f + u <= 0 ? 255 : g + v > 0 ? 1 : 0;
  }
}

TEST(PlantedRho, IsFoundBesideWhatElseMovesTakeUp) {
  if (std::getenv("PROFFER_PLANTED") == nullptr) GTEST_SKIP() << "runs as its own test, models/planted_rho";
  const auto parsed = settings::Config::from_text(R"(
split: {by: hash, valid: 0.1, test: 0.05}
models:
  response: {target: responded, link: probit, offer_terms: [apr], rounds: 150, eta: 0.15, second_opinion: false}
  default:
    target: default
    link: probit
    rounds: 100
    eta: 0.15
    second_opinion: false
    joint: {excluded: [apr], bootstrap: 0}
)",
                                                  "planted.yaml");
  const TrainSettings train = read_train(parsed.root());
  for (const double rho : {-0.5, 0.6}) {
    const test::Scratch scratch;
    const auto book = scratch.path() / "book.h5";
    test::write_small_book(test::world(), book, contacts, [rho](borrowers::Batch& batch) { plant(batch, rho); });
    Log log = test::silent();
    const TrainOutcome outcome = train_all(test::world(), book, train, 5, 1, scratch.path() / "run", log);
    const auto& joint = outcome.metrics.at("default").at("joint");
    const double found = joint.at("rho"), error = joint.at("standard_error"), profile = joint.at("profile").at("rho");
    EXPECT_NEAR(found, rho, 2.5 * error);
    EXPECT_LT(error, 0.08);
    EXPECT_NEAR(profile, rho, 0.15) << "f and h are known well enough for it";
    const auto interval = joint.at("interval_95").get<std::vector<double>>();
    EXPECT_LT(interval[0], rho);
    EXPECT_GT(interval[1], rho);
  }
}

}  // namespace
}  // namespace proffer::models
