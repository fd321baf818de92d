// Real flat-rate loans: the interest that Karlan and Zinman's lender charged (AER 98(3), 2008, openICPSR 113240).
// Skipped where PROFFER_DATA does not name the folder of public data sets.
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "offers/rates.hpp"

namespace proffer::offers {
namespace {

/// Rows of a gzipped CSV without quotes or commas in its cells.
std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  gzFile file = gzopen(path.c_str(), "rb");
  std::vector<char> line(1 << 16);
  while (gzgets(file, line.data(), static_cast<int>(line.size())) != nullptr) {
    std::string text(line.data());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    std::vector<std::string> cells(1);
    for (const char c : text) {
      if (c == ',')
        cells.emplace_back();
      else
        cells.back() += c;
    }
    rows.push_back(std::move(cells));
  }
  gzclose(file);
  return rows;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

TEST(KarlanZinman, GrossInterestIsTheFlatRateOverTheTerm) {
  const char* folder = std::getenv("PROFFER_DATA");
  if (folder == nullptr) GTEST_SKIP() << "PROFFER_DATA does not name the folder of public data sets";
  const auto path = std::filesystem::path(folder) / "karlan-zinman-2008/kz_demandelasts_aer08.csv.gz";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
  const auto rows = rows_of(path);
  const auto column = [&](const std::string& name) {
    return static_cast<std::size_t>(std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin());
  };
  const std::size_t size = column("loansize"), rate = column("final4"), term = column("term"),
                    paid = column("grossinterest");
  Product flat;
  flat.convention = RateConvention::flat;
  Product amortising;
  std::vector<double> flat_ratio;
  std::vector<double> amortising_ratio;
  std::size_t exact = 0;
  std::size_t four_months = 0;
  std::size_t exact_four_months = 0;
  for (std::size_t row = 1; row < rows.size(); ++row) {
    const auto& cells = rows[row];
    if (cells[paid].empty() || std::stod(cells[size]) <= 0) continue;
    const Offer offer{.limit = std::stod(cells[size]),
                      .apr = std::stod(cells[rate]) / 100 * 12,  // the file has percent a month
                      .term = static_cast<std::uint16_t>(std::lround(std::stod(cells[term])))};
    const auto interest = [&](const Product& product) { return instalment(product, offer) * offer.term - offer.limit; };
    flat_ratio.push_back(std::stod(cells[paid]) / interest(flat));
    amortising_ratio.push_back(std::stod(cells[paid]) / interest(amortising));
    const std::size_t is_exact = std::abs(flat_ratio.back() - 1) < 1e-3 ? 1 : 0;
    exact += is_exact;
    // At four months nobody paid less; loans over 6 and 12 months did (0.93 and 0.64 of it at the median).
    four_months += offer.term == 4 ? 1 : 0;
    exact_four_months += offer.term == 4 ? is_exact : 0;
    EXPECT_TRUE(offer.term != 4 || flat_ratio.back() > 0.999) << "row " << row << ": " << flat_ratio.back();
  }
  EXPECT_EQ(flat_ratio.size(), 3887U);
  EXPECT_NEAR(median(flat_ratio), 1, 1e-9);
  EXPECT_GT(exact, flat_ratio.size() / 2);
  EXPECT_EQ(four_months, 3223U);
  EXPECT_EQ(exact_four_months, 1947U);       // counted with pandas
  EXPECT_GT(median(amortising_ratio), 1.4);  // the amortising formula would understate the interest
}

}  // namespace
}  // namespace proffer::offers
