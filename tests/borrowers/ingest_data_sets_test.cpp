// The mappings of configs/data on the real files: counts and base rates of the data's own description.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ingest_support.hpp"

namespace proffer::borrowers::test {
namespace {

class DataSets : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("PROFFER_DATA") == nullptr) GTEST_SKIP() << "PROFFER_DATA does not name the folder of public data";
  }
  IngestResult read(const std::string& name) {
    const std::string file = std::string(PROFFER_SOURCE_DIR) + "/configs/data/" + name + ".yaml";
    const settings::Config config = settings::Config::load(world(), file);
    const Mapping mapping = read_mapping(config.root());
    config.refuse_unread();
    Log log = silent();
    return ingest(world(), mapping, path(name), log);
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return scratch_.path() / (name + ".h5"); }
  [[nodiscard]] Schema schema(const std::string& name) const { return BookReader(path(name)).schema(); }

  /// Collective: what pandas says about the book of a file; "" where there is no pandas.
  std::string compared(const std::string& name, const std::string& csv, const std::string& rest) {
    std::string text;
    if (world().is_root() && std::system("/usr/bin/python3 -c 'import h5py, pandas' 2> /dev/null") == 0) {
      const std::string out = path(name).string() + ".txt";
      const std::string command = "/usr/bin/python3 " + std::string(PROFFER_SOURCE_DIR) +
                                  "/tests/borrowers/compare_with_pandas.py '" + path(name).string() + "' '" +
                                  std::getenv("PROFFER_DATA") + "/" + csv + "' " + rest + " > '" + out + "' 2>&1";
      static_cast<void>(std::system(command.c_str()));
      text = read_file(out);
    }
    return parallel::broadcast(world(), text);
  }
  void expect_agreement(const std::string& name, const std::string& csv, const std::string& rest, int columns) {
    const std::string text = compared(name, csv, rest);
    if (text.empty()) return;
    EXPECT_EQ(text, std::to_string(columns) + " columns agree\n");
  }

  static double rate(const IngestResult& result, const std::string& name) {
    for (const OutcomeCounts& counts : result.outcomes)
      if (counts.name == name) return static_cast<double>(counts.yes) / static_cast<double>(counts.yes + counts.no);
    return std::nan("");
  }

 private:
  Scratch scratch_;
};

constexpr double rounding = 0.00005;

TEST_F(DataSets, KarlanZinman) {
  const IngestResult result = read("karlan_zinman");
  EXPECT_EQ(result.kept, 53810U);
  expect_agreement("karlan_zinman", "karlan-zinman-2008/kz_demandelasts_aer08.csv.gz", "',' 1", 33);
  EXPECT_NEAR(rate(result, "booked"), 0.0722, rounding);
  EXPECT_NEAR(rate(result, "responded"), 0.0844, rounding);
  EXPECT_NEAR(rate(result, "default"), 0.2791, rounding);
  const OutcomeCounts& defaults = result.outcomes[2];
  EXPECT_EQ(defaults.yes + defaults.no, 3887U);

  const BookReader book(path("karlan_zinman"));
  const Batch rows = book.read(0, book.rows(), {.offers = true, .outcomes = true});
  const auto value = [&](const char* name, std::size_t row) { return rows.row(row)[book.schema().index_of(name, "")]; };
  std::size_t declined = 0, below = 0;
  std::vector<float> interest_ratio;  // gross interest ÷ (loan size × monthly rate × months): flat rates
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    declined += rows.outcomes->responded[r] == outcome::yes && rows.outcomes->booked[r] == outcome::no;
    below += rows.offers->contract_apr[r] < rows.offers->apr[r];
    if (rows.outcomes->booked[r] == outcome::yes)
      interest_ratio.push_back(value("grossinterest", r) /
                               (value("loansize", r) * value("offer4", r) / 100 * value("term", r)));
    EXPECT_FLOAT_EQ(rows.offers->apr[r], value("offer4", r) * 12 / 100);
  }
  EXPECT_EQ(declined, 653U);
  ASSERT_EQ(interest_ratio.size(), 3887U);
  std::nth_element(interest_ratio.begin(), interest_ratio.begin() + 1943, interest_ratio.end());
  EXPECT_NEAR(interest_ratio[1943], 1.0, 1e-4);
  EXPECT_NEAR(static_cast<double>(below) / 53810, 0.41, 0.005);
  for (const std::string& name : book.schema().feature_names())
    for (const char* late : {"final4", "loansize", "term", "grossinterest", "pstdue_average", "rejected", "offer4",
                             "female", "married", "applied", "tookup"})
      EXPECT_NE(name, late);
}

TEST_F(DataSets, UciCreditDefault) {
  const IngestResult result = read("uci_credit_default");
  EXPECT_EQ(result.kept, 30000U);
  expect_agreement("uci_credit_default", "uci-credit-card-default/default_of_credit_card_clients.csv.gz", "',' 2", 23);
  EXPECT_NEAR(rate(result, "default"), 0.2212, rounding);
  EXPECT_EQ(schema("uci_credit_default").columns[schema("uci_credit_default").index_of("SEX", "")].role,
            Role::monitor_only);
}

TEST_F(DataSets, GiveMeSomeCredit) {
  const IngestResult result = read("give_me_some_credit");
  EXPECT_EQ(result.kept, 150000U);
  expect_agreement("give_me_some_credit", "give-me-some-credit/cs-training.csv.gz", "',' 1", 10);
  EXPECT_NEAR(rate(result, "default"), 0.0668, rounding);
  const BookReader book(path("give_me_some_credit"));
  const Batch rows = book.read(0, book.rows());
  std::size_t missing = 0;
  for (std::size_t r = 0; r < rows.rows(); ++r) missing += std::isnan(rows.row(r)[4]);
  EXPECT_EQ(missing, 29731U);  // MonthlyIncome
}

TEST_F(DataSets, BankMarketing) {
  const IngestResult full = read("bank_full");
  EXPECT_EQ(full.kept, 45211U);
  expect_agreement("bank_full", "uci-bank-marketing/bank-full.csv.gz", "';' 1", 15);
  EXPECT_NEAR(rate(full, "responded"), 0.1170, rounding);
  const IngestResult additional = read("bank_additional");
  EXPECT_EQ(additional.kept, 41188U);
  expect_agreement("bank_additional", "uci-bank-marketing/bank-additional-full.csv.gz", "';' 1", 19);
  EXPECT_NEAR(rate(additional, "responded"), 0.1127, rounding);
  for (const char* name : {"bank_full", "bank_additional"}) {
    EXPECT_FALSE(schema(name).find("duration"));
    EXPECT_EQ(schema(name).columns[schema(name).index_of("marital", "")].role, Role::monitor_only);
  }
  // Codes are places in the sorted labels, as pandas gives them.
  EXPECT_EQ(schema("bank_full").columns[schema("bank_full").index_of("job", "")].dictionary[0], "admin.");
}

TEST_F(DataSets, Hillstrom) {
  const IngestResult result = read("hillstrom");
  EXPECT_EQ(result.kept, 64000U);
  expect_agreement("hillstrom", "hillstrom-email/hillstrom.csv.gz", "',' 1", 10);
  EXPECT_NEAR(rate(result, "responded"), 0.1468, rounding);
  EXPECT_NEAR(rate(result, "booked"), 0.0090, rounding);
  const BookReader book(path("hillstrom"));
  const Batch rows = book.read(0, book.rows(), {.offers = true});
  std::size_t contacted = 0;
  for (const std::uint8_t flag : rows.offers->contacted) contacted += flag;
  EXPECT_EQ(contacted, 21307U + 21387U);
}

}  // namespace
}  // namespace proffer::borrowers::test
