// A population of middle size, computed on the way and never stored by the source.
#include <gtest/gtest.h>

#include <cmath>

#include "allocation/problems.hpp"
#include "support/world.hpp"

namespace proffer::allocation::test {
namespace {

constexpr std::size_t offers = 24;

/// Rows that look like loan offers: take-up falls with the price, value comes from price, amount and risk.
class Population : public PairSource {
 public:
  Population(std::uint64_t begin, std::uint64_t end) : begin_(begin), end_(end) {}
  [[nodiscard]] std::size_t rows() const override { return end_ - begin_; }
  [[nodiscard]] std::size_t offers() const override { return test::offers; }
  [[nodiscard]] std::size_t quantities() const override { return 3; }

  void visit(const Take& take, const Wanted& wanted = {}) const override {
    constexpr std::uint64_t batch_rows = 4'096;
    for (std::uint64_t first = begin_; first < end_; first += batch_rows) {
      MemorySource part;
      part.offer_count = test::offers;
      part.quantity.resize(3);
      for (std::uint64_t row = first; row < std::min(end_, first + batch_rows); ++row) add_row(row, part);
      part.visit(take, wanted);
    }
  }

 private:
  static void add_row(std::uint64_t row, MemorySource& part) {
    parallel::RandomStream random(7, row, "allocation.test.population");
    const double risk = 0.01 + 0.2 * std::pow(random.uniform(), 3), appetite = 0.02 + 0.3 * random.uniform();
    const double income = 1.0 + 4.0 * random.uniform();
    part.id.push_back(row + 1);
    for (std::size_t j = 0; j < test::offers; ++j) {
      const double amount = 1000.0 * static_cast<double>(1 + j % 6) * income / 3.0;
      const double price = 0.1 + 0.05 * static_cast<double>(j / 6);
      const double taken = appetite * std::exp(-4.0 * price) * (0.8 + 0.4 * random.uniform());
      const double bad = risk * (1.0 + price);
      part.value.push_back(taken * amount * (price * (1.0 - bad) - 0.6 * bad - 0.03) - 1.0);
      part.quantity[0].push_back(taken);
      part.quantity[1].push_back(taken * amount);
      part.quantity[2].push_back(taken * bad * 0.6 * amount);
    }
  }

  std::uint64_t begin_, end_;
};

std::vector<double> only(std::size_t begin, std::size_t end) {
  std::vector<double> weight(offers, 0.0);
  for (std::size_t j = begin; j < end; ++j) weight[j] = 1.0;
  return weight;
}

TEST(Scale, CertifiesTwoHundredThousandRowsTwentyFourOffersTenLimits) {
#ifdef __SANITIZE_ADDRESS__
  constexpr std::uint64_t rows = 100'000;
#else
  constexpr std::uint64_t rows = 200'000;
#endif
  const double n = rows;
  Rules rules;
  rules.limits = {{"contacts", Sense::at_most, 0.06 * n, 0, unit_quantity, {}},
                  {"exposure", Sense::at_most, 40 * n, 0, 1, {}},
                  {"loss", Sense::at_most, 0.25 * n, 0, 2, {}},
                  {"dear offers", Sense::at_most, 0.005 * n, 0, unit_quantity, only(18, 24)},
                  {"channel", Sense::at_most, 0.1 * n, 0, unit_quantity, only(12, 18)},
                  {"minimum cheap", Sense::at_least, 0.02 * n, 0, unit_quantity, only(0, 6)},
                  {"takers", Sense::at_most, 0.0045 * n, 0, 0, {}},
                  {"dear exposure", Sense::at_most, 6 * n, 0, 1, only(12, 24)},
                  {"second product", Sense::at_least, 0.001 * n, 0, 0, only(6, 12)},
                  {"best offer", Sense::equal, 0.002 * n, 0, unit_quantity, only(23, 24)}};
  const auto& comm = proffer::test::world();
  const auto part = parallel::part_of(rows, comm.rank(), comm.size());
  const Solution found = solve(comm, Population(part.begin, part.end), rules);
  const Certificate& certificate = found.certificate;
  EXPECT_EQ(certificate.status, Status::certified);
  EXPECT_LE(certificate.gap, 1e-6);
  EXPECT_GE(certificate.gap, 0.0);
  for (const LimitReport& limit : certificate.limits) EXPECT_TRUE(limit.holds) << limit.name;

  // Weak duality by plain arithmetic: at the multipliers, the rows' best reduced values and the limits add up to the
  // bound, whatever the solver says.
  long double dual = 0.0L;
  Population(0, rows).visit([&](const PairBatch& batch) {
    for (std::size_t i = 0; i < batch.rows; ++i) {
      double best = 0.0;
      for (std::size_t j = 0; j < offers; ++j) {
        double reduced = batch.value[i * offers + j];
        for (std::size_t k = 0; k < rules.limits.size(); ++k) {
          const Limit& limit = rules.limits[k];
          const double weight = limit.weight.empty() ? 1.0 : limit.weight[j];
          reduced -= found.multipliers[k] * weight *
                     (limit.quantity == unit_quantity ? 1.0 : batch.quantities[limit.quantity][i * offers + j]);
        }
        best = std::max(best, reduced);
      }
      dual += best;
    }
  });
  for (std::size_t k = 0; k < rules.limits.size(); ++k) dual += found.multipliers[k] * rules.limits[k].bound;
  EXPECT_NEAR(static_cast<double>(dual), certificate.relaxed_bound, 1e-9 * certificate.relaxed_bound);
}

}  // namespace
}  // namespace proffer::allocation::test
