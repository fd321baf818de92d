// Synthetic books: what is planted is what is found, at any number of ranks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "borrowers/synthetic.hpp"
#include "borrowers/synthetic_calendar.hpp"
#include "borrowers/synthetic_outcomes.hpp"
#include "borrowers/synthetic_people.hpp"
#include "borrowers/synthetic_world.hpp"
#include "parallel/collectives.hpp"
#include "statistics/bivariate_normal.hpp"
#include "statistics/chi_squared.hpp"
#include "statistics/roots.hpp"
#include "support/world.hpp"

namespace proffer::borrowers {
namespace {

using test::world;

GenerateSettings settings_from(const std::string& yaml) {
  return read_generate(settings::Config::from_text(yaml).root());
}

/// A folder of this run that is gone afterwards; all ranks see the same.
class Folder {
 public:
  Folder() {
    const auto tag = parallel::broadcast(world(), std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    path_ =
        std::filesystem::temp_directory_path() / ("proffer_synthetic_" + std::to_string(world().size()) + "_" + tag);
    if (world().is_root()) std::filesystem::create_directories(path_);
    parallel::barrier(world());
  }
  ~Folder() {
    parallel::barrier(world());
    if (world().is_root()) std::filesystem::remove_all(path_);
  }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

Log silent() {
  return Log({.level = LogLevel::off, .quiet = true, .speaks = false});
}

/// A training book read back whole.
struct Whole {
  Schema schema;
  Batch batch;
  std::vector<TruthRow> truth;
  std::vector<float> p_take, p_default, p_fraud;
  std::vector<std::uint8_t> default_month;
  double rho = 0;
  [[nodiscard]] const Offers& offers() const { return *batch.offers; }
  [[nodiscard]] const Outcomes& outcomes() const { return *batch.outcomes; }
  [[nodiscard]] OfferTerms terms(std::size_t i) const {
    return {.product = offers().product[i],
            .limit = offers().limit[i],
            .apr = static_cast<double>(offers().apr[i]),
            .contract_apr = static_cast<double>(offers().contract_apr[i]),
            .term = offers().term[i],
            .channel = offers().channel[i]};
  }
};

Whole generate_and_read(const GenerateSettings& settings, std::uint64_t seed) {
  const Folder folder;
  Log log = silent();
  (void)generate_training(world(), settings, seed, folder / "training.h5", log);
  const BookReader reader(folder / "training.h5");
  const TruthReader truth(folder / "training.h5");
  Whole whole{.schema = reader.schema(),
              .batch = reader.read(0, reader.rows(), {.offers = true, .outcomes = true}),
              .truth = truth.read(0, truth.rows()),
              .p_take = reader.table().read_all<float>("/truth/p_take"),
              .p_default = reader.table().read_all<float>("/truth/p_default"),
              .p_fraud = reader.table().read_all<float>("/truth/p_fraud"),
              .default_month = reader.table().read_all<std::uint8_t>("/truth/default_month"),
              .rho = truth.rho()};
  return whole;
}

const Whole& demo_like() {
  static const Whole book = generate_and_read(settings_from("{training: {borrowers: 60000}}"), 11);
  return book;
}

/// Rates higher than usual, so that few rows tell much about ρ; fraud is made frequent too.
const Whole& eventful(double rho) {
  static std::map<double, Whole> books;
  if (!books.contains(rho))
    books.emplace(rho,
                  generate_and_read(settings_from("{rho: " + std::to_string(rho) +
                                                  ", training: {borrowers: 30000, take_up: 0.35, default_rate: 0.25, "
                                                  "fraud_rate: 0.1}}"),
                                    3));
  return books.at(rho);
}

struct Trial {
  double probability = 0;
  bool happened = false;
};

/// Frequencies within bands of equal size against the mean planted probability: every band within 4.5 standard errors.
void expect_frequencies(std::vector<Trial> trials, std::size_t bands) {
  std::sort(trials.begin(), trials.end(), [](const Trial& a, const Trial& b) { return a.probability < b.probability; });
  for (std::size_t band = 0; band < bands; ++band) {
    double expected = 0, variance = 0, found = 0;
    for (std::size_t i = band * trials.size() / bands; i < (band + 1) * trials.size() / bands; ++i) {
      expected += trials[i].probability;
      variance += trials[i].probability * (1 - trials[i].probability);
      found += trials[i].happened ? 1 : 0;
    }
    EXPECT_NEAR(found, expected, 4.5 * std::sqrt(variance)) << "band " << band << " of " << trials.size() << " trials";
  }
}

std::vector<Trial> take_up(const Whole& book) {
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < book.batch.rows(); ++i)
    if (book.offers().contacted[i] == 1)
      trials.push_back({static_cast<double>(book.p_take[i]), book.outcomes().responded[i] == outcome::yes});
  return trials;
}

std::vector<Trial> defaults_of_takers(const Whole& book) {
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < book.batch.rows(); ++i)
    if (book.offers().contacted[i] == 1 && book.outcomes().responded[i] == outcome::yes)
      trials.push_back({static_cast<double>(book.p_default[i]), book.default_month[i] > 0});
  return trials;
}

std::vector<Trial> frauds(const Whole& book) {
  std::vector<Trial> trials;
  for (std::size_t i = 0; i < book.batch.rows(); ++i)
    if (book.outcomes().fraud[i] <= outcome::yes)
      trials.push_back({static_cast<double>(book.p_fraud[i]), book.outcomes().fraud[i] == outcome::yes});
  return trials;
}

double frequency(const std::vector<Trial>& trials) {
  return static_cast<double>(std::count_if(trials.begin(), trials.end(), [](const Trial& t) { return t.happened; })) /
         static_cast<double>(trials.size());
}

double mean_probability(const std::vector<Trial>& trials) {
  double sum = 0;
  for (const Trial& trial : trials) sum += trial.probability;
  return sum / static_cast<double>(trials.size());
}

TEST(Synthetic, HasFortyFeaturesAndMonitorsSexAndMaritalStatus) {
  const Schema& schema = demo_like().schema;
  EXPECT_GE(schema.feature_names().size(), 40U);
  EXPECT_EQ(schema.columns[schema.index_of("sex", "")].role, Role::monitor_only);
  EXPECT_EQ(schema.columns[schema.index_of("marital_status", "")].role, Role::monitor_only);
  EXPECT_EQ(schema.columns[schema.index_of("region", "")].dictionary.at(1), "south");
  EXPECT_EQ(schema.index_of("bureau_score", ""), latent::bureau_score);
  EXPECT_EQ(schema.index_of("tenure_months", ""), latent::tenure_months);
  EXPECT_EQ(schema.index_of("form_seconds", ""), latent::form_seconds);
  EXPECT_EQ(schema.index_of("large_withdrawal", ""), column::large_withdrawal);
  EXPECT_EQ(schema.default_months, 12);
}

TEST(Synthetic, MeetsTheRatesOfTheSettings) {
  // 40,000 reference borrowers leave the means with a standard error below 1 % of themselves (fraud: below 2 %).
  EXPECT_NEAR(mean_probability(take_up(demo_like())), 0.12, 0.003);
  EXPECT_NEAR(frequency(take_up(demo_like())), 0.12, 0.007);
  EXPECT_NEAR(mean_probability(defaults_of_takers(demo_like())), 0.06, 0.004);
  EXPECT_NEAR(frequency(defaults_of_takers(demo_like())), 0.06, 0.013);
  EXPECT_NEAR(mean_probability(frauds(demo_like())), 0.01, 0.0012);
  EXPECT_NEAR(frequency(frauds(demo_like())), 0.01, 0.006);
  EXPECT_NEAR(frequency(take_up(eventful(0.5))), 0.35, 0.015);
  EXPECT_NEAR(frequency(defaults_of_takers(eventful(0.5))), 0.25, 0.025);
  EXPECT_NEAR(frequency(frauds(eventful(0.5))), 0.10, 0.02);
}

TEST(Synthetic, FrequenciesAgreeWithPlantedProbabilitiesByBand) {
  for (const Whole* book : {&demo_like(), &eventful(0.5), &eventful(-0.3)}) {
    expect_frequencies(take_up(*book), 10);
    expect_frequencies(defaults_of_takers(*book), 5);
    expect_frequencies(frauds(*book), 3);
  }
}

TEST(Synthetic, TruthGivesTheProbabilitiesOfTheOfferMade) {
  const Whole& book = eventful(0.5);
  ASSERT_DOUBLE_EQ(book.rho, 0.5);
  for (std::size_t i = 0; i < 3000; ++i) {
    if (book.offers().contacted[i] == 0) continue;
    const PlantedProbabilities p = planted(book.truth[i], book.terms(i), book.rho);
    ASSERT_FLOAT_EQ(static_cast<float>(p.p_take), book.p_take[i]);
    ASSERT_FLOAT_EQ(static_cast<float>(p.p_default_given_take), book.p_default[i]);
    ASSERT_FLOAT_EQ(static_cast<float>(p.p_fraud), book.p_fraud[i]);
    ASSERT_GE(p.p_default_given_take, p.p_default_of_all);  // ρ > 0: takers are worse
  }
}

TEST(Synthetic, OffersMoveTakeUpAndDefaultTheWayTheyShould) {
  const Whole& book = demo_like();
  for (std::size_t i = 0; i < 2000; ++i) {
    const TruthRow& row = book.truth[i];
    for (const std::uint8_t product : {synthetic::personal_loan, synthetic::card}) {
      OfferTerms offer{.product = product, .limit = 4000, .apr = 0.15, .contract_apr = 0.15, .term = 36, .channel = 0};
      OfferTerms dearer = offer, larger = offer, called = offer;
      dearer.apr = dearer.contract_apr = 0.2;
      larger.limit = 9000;
      called.channel = synthetic::phone;
      ASSERT_LT(planted_f(row, dearer), planted_f(row, offer));
      ASSERT_GT(planted_f(row, larger), planted_f(row, offer));
      ASSERT_NE(planted_f(row, called), planted_f(row, offer));
      ASSERT_GT(planted_g(row, dearer), planted_g(row, offer));
      ASSERT_GT(planted_g(row, larger), planted_g(row, offer));
      ASSERT_EQ(planted_g(row, called), planted_g(row, offer));
    }
  }
}

TEST(Synthetic, RandomisedOffersAreDrawnWithTheirPropensity) {
  const Whole& book = demo_like();
  using Cell = std::tuple<int, int, double, float, int, int>;  // risk class, then the offer
  struct Seen {
    double propensity = 0, count = 0;
  };
  std::map<Cell, Seen> cells;
  std::array<double, 3> rows{}, total{};
  for (std::size_t i = 0; i < book.batch.rows(); ++i) {
    const Offers& o = book.offers();
    if (std::isnan(o.propensity[i])) continue;
    const int risk_class = risk_class_of(book.batch.row(i));
    Seen& seen = cells[{risk_class, o.product[i], o.limit[i], o.apr[i], o.term[i], o.channel[i]}];
    if (seen.count > 0) {
      ASSERT_EQ(seen.propensity, static_cast<double>(o.propensity[i]));
    }
    seen.propensity = static_cast<double>(o.propensity[i]);
    seen.count += 1;
    rows[static_cast<std::size_t>(risk_class)] += 1;
  }
  std::array<double, 3> chi_squared{}, degrees{-1, -1, -1};
  for (const auto& [cell, seen] : cells) {
    const auto c = static_cast<std::size_t>(std::get<0>(cell));
    const double expected = rows[c] * seen.propensity;
    chi_squared[c] += (seen.count - expected) * (seen.count - expected) / expected;
    degrees[c] += 1;
    total[c] += seen.propensity;
  }
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(total[c], 1, 1e-5);  // every possible offer was seen
    EXPECT_GT(statistics::chi_squared_survival(chi_squared[c], degrees[c]), 1e-5)
        << chi_squared[c] << " " << degrees[c];
  }
}

TEST(Synthetic, SomeOffersArePricedByRiskAndSomeContractedLower) {
  const Whole& book = demo_like();
  double contacted = 0, randomised = 0, surprised = 0;
  double score_low = 0, n_low = 0, score_high = 0, n_high = 0;
  for (std::size_t i = 0; i < book.batch.rows(); ++i) {
    const Offers& o = book.offers();
    if (o.contacted[i] == 0) {
      ASSERT_EQ(o.product[i], no_code);
      ASSERT_TRUE(std::isnan(o.limit[i]) && std::isnan(o.apr[i]) && std::isnan(o.propensity[i]));
      continue;
    }
    contacted += 1;
    randomised += std::isnan(o.propensity[i]) ? 0 : 1;
    surprised += o.contract_apr[i] < o.apr[i] ? 1 : 0;
    ASSERT_LE(o.contract_apr[i], o.apr[i]);
    const double score = static_cast<double>(book.batch.row(i)[latent::bureau_score]);
    if (!std::isnan(o.propensity[i]) || o.product[i] != synthetic::personal_loan || std::isnan(score)) continue;
    (o.apr[i] < 0.1F ? score_low : score_high) += score;
    (o.apr[i] < 0.1F ? n_low : n_high) += 1;
  }
  EXPECT_NEAR(contacted / static_cast<double>(book.batch.rows()), 0.95, 0.006);
  EXPECT_NEAR(randomised / contacted, 0.6, 0.012);
  EXPECT_NEAR(surprised / contacted, 0.4, 0.012);
  EXPECT_GT(score_low / n_low, score_high / n_high + 50);
}

TEST(Synthetic, TellsNothingThatTheCutOffHides) {
  const Whole& book = demo_like();
  std::size_t hidden_bads = 0;
  for (std::size_t i = 0; i < book.batch.rows(); ++i) {
    const Outcomes& y = book.outcomes();
    const bool mature = book.batch.as_of[i] <= 20231231;  // twelve months before the cut-off of 20241231
    if (book.offers().contacted[i] == 0 || y.booked[i] == outcome::no) {
      ASSERT_EQ(y.defaulted[i], outcome::unknown);
      ASSERT_EQ(y.fraud[i], outcome::unknown);
      continue;
    }
    ASSERT_LE(y.fraud[i], outcome::yes);  // three months have passed everywhere
    if (!mature) {
      ASSERT_EQ(y.defaulted[i], outcome::unknown);
      hidden_bads += book.default_month[i] == 1 ? 1 : 0;  // bad already, yet immature
    } else if (y.fraud[i] == outcome::yes) {
      ASSERT_EQ(y.defaulted[i], outcome::excluded);
    } else {
      ASSERT_EQ(y.defaulted[i], book.default_month[i] > 0 ? outcome::yes : outcome::no);
    }
  }
  EXPECT_GT(hidden_bads, 0U);
}

TEST(Synthetic, DefaultsFollowTheSeasoningCurve) {
  std::array<double, 13> found{};
  double all = 0;
  for (const std::uint8_t month : eventful(0.5).default_month) {
    if (month == 0 || month == 255) continue;
    ASSERT_LE(month, 12);
    found[month] += 1;
    all += 1;
  }
  double sum = 0, chi_squared = 0;
  for (int month = 1; month <= 12; ++month) sum += month * std::exp(-month / 8.0);
  for (std::size_t month = 1; month <= 12; ++month) {
    const double expected = all * static_cast<double>(month) * std::exp(-static_cast<double>(month) / 8.0) / sum;
    chi_squared += (found[month] - expected) * (found[month] - expected) / expected;
  }
  EXPECT_GT(statistics::chi_squared_survival(chi_squared, 11), 1e-5);
}

/// Maximum likelihood of ρ alone, f and g being known (methods: probit with sample selection).
TEST(Synthetic, PlantedCorrelationIsRecovered) {
  for (const double rho : {0.5, -0.3}) {
    const Whole& book = eventful(rho);
    const auto minus_log_likelihood = [&](double r) {
      double sum = 0;
      for (std::size_t i = 0; i < book.batch.rows(); ++i) {
        if (book.offers().contacted[i] == 0 || book.outcomes().responded[i] == outcome::no) continue;
        const double q = book.default_month[i] > 0 ? 1 : -1;
        const double f = planted_f(book.truth[i], book.terms(i));
        sum -= std::log(statistics::bivariate_normal_cdf(f, q * planted_g(book.truth[i], book.terms(i)), q * r));
      }
      return sum;
    };
    const auto best = statistics::brent_minimum(minus_log_likelihood, {.low = -0.9, .high = 0.9}, 1e-3);
    const double h = 0.05;
    const double curvature =
        (minus_log_likelihood(best.place + h) + minus_log_likelihood(best.place - h) - 2 * best.value) / (h * h);
    const double error = 1 / std::sqrt(curvature);
    EXPECT_LT(error, 0.08);
    EXPECT_NEAR(best.place, rho, 4 * error) << "standard error " << error;
  }
}

TEST(Synthetic, HasTheSameBytesAtAnyNumberOfRanks) {
  const Folder folder;
  Log log = silent();
  struct Rows {
    int training, population;
  };
  for (const Rows& rows : {Rows{5 * 4096 + 17, 1}, Rows{0, 3 * 4096 + 4000}}) {
    const GenerateSettings settings =
        settings_from("{training: {borrowers: " + std::to_string(rows.training) +
                      "}, population: {borrowers: " + std::to_string(rows.population) + "}}");
    const auto training = generate_training(world(), settings, 8, folder / "a.h5", log);
    const auto population = generate_population(world(), settings, 8, folder / "b.h5", log);
    if (world().is_root()) {
      EXPECT_EQ(generate_training(parallel::self(), settings, 8, folder / "c.h5", log).sha256, training.sha256);
      EXPECT_EQ(generate_population(parallel::self(), settings, 8, folder / "d.h5", log).sha256, population.sha256);
    }
    parallel::barrier(world());
  }
}

TEST(Synthetic, AnotherSeedGivesOtherBorrowers) {
  const TruthRow& one = demo_like().truth.front();
  const TruthRow& other = eventful(0.5).truth.front();
  EXPECT_NE(one.income, other.income);
}

TEST(Synthetic, PopulationBookHasSideTablesAndTruthButNoOutcomes) {
  const Folder folder;
  Log log = silent();
  const GenerateSettings settings = settings_from("{population: {borrowers: 9000, as_of: 20241130}}");
  (void)generate_population(world(), settings, 8, folder / "p.h5", log);
  const BookReader reader(folder / "p.h5");
  EXPECT_EQ(reader.rows(), 9000U);
  EXPECT_FALSE(reader.has_offers());
  EXPECT_FALSE(reader.has_outcome("responded"));
  EXPECT_EQ(TruthReader(folder / "p.h5").rows(), 9000U);
  const Batch batch = reader.read(0, reader.rows());
  EXPECT_TRUE(std::all_of(batch.as_of.begin(), batch.as_of.end(), [](auto d) { return d == 20241130; }));
  const auto ids = reader.table().read_all<std::uint64_t>("/accounts/id");
  const auto opened = reader.table().read_all<std::int32_t>("/accounts/opened");
  const auto days = reader.table().read_all<std::int32_t>("/contacts/day");
  const auto contact_ids = reader.table().read_all<std::uint64_t>("/contacts/id");
  EXPECT_NEAR(static_cast<double>(ids.size()) / 9000, 0.5, 0.05);
  for (std::size_t i = 1; i < ids.size(); ++i)
    ASSERT_LE(std::tie(ids[i - 1], opened[i - 1]), std::tie(ids[i], opened[i]));
  for (std::size_t i = 1; i < days.size(); ++i)
    ASSERT_LE(std::tie(contact_ids[i - 1], days[i - 1]), std::tie(contact_ids[i], days[i]));
  for (const auto date : days) ASSERT_TRUE(to_date(date).ok() && date < 20241130 && date > 20231101) << date;
  for (const auto date : opened) ASSERT_TRUE(to_date(date).ok() && date < 20241130) << date;
  std::size_t shared = 0;
  for (std::size_t i = 0; i < batch.rows(); ++i) shared += batch.unit[i] != batch.id[i] ? 1 : 0;
  EXPECT_NEAR(static_cast<double>(shared) / 9000, 0.05, 0.012);
}

TEST(Synthetic, ReadsTheDemoConfig) {
  const auto config =
      settings::Config::load(world(), std::filesystem::path(PROFFER_SOURCE_DIR) / "configs" / "demo.yaml");
  const GenerateSettings settings = read_generate(config.root().section("generate", "synthetic books"));
  EXPECT_EQ(settings.currency, "EUR");
  EXPECT_GT(settings.training.borrowers, 0U);
  EXPECT_EQ(settings.default_months, 12);
  EXPECT_EQ(month_end(month_of(20240201)), 20240229);
  EXPECT_EQ(days_before(20240301, 1), 20240229);
}

TEST(Synthetic, DeclaresItsSettingsForTheReferencePage) {
  const auto config = settings::Config::for_reference();
  (void)read_generate(config.root());
  EXPECT_NE(config.as_reference().find("surprise_share"), std::string::npos);
  EXPECT_NE(config.as_reference().find("phone_share"), std::string::npos);
}

TEST(Synthetic, RefusesDatesThatCannotBe) {
  const auto message_of = [](const std::string& yaml) -> std::string {
    try {
      (void)settings_from(yaml);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(message_of("{training: {from: 20230231}}").find("from is not a date"), std::string::npos);
  EXPECT_NE(message_of("{training: {from: 20240731}}").find("to lies before from"), std::string::npos);
  EXPECT_NE(message_of("{training: {cut_off: 20240501}}").find("cut_off lies before the last campaign"),
            std::string::npos);
  EXPECT_NE(message_of("{population: {as_of: 20220101}}").find("as_of lies before the first campaign"),
            std::string::npos);
  EXPECT_NE(message_of("{offers: {personal_loan: {share: 0}, card: {share: 0}}}").find("no product is offered"),
            std::string::npos);
  EXPECT_NE(message_of("{rho: 2}"), "no error");
}

}  // namespace
}  // namespace proffer::borrowers
