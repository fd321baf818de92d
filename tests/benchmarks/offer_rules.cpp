// Pairs per second of what comes behind the models: the value of an offer, and the policy. 24 offers, one core.
#include <benchmark/benchmark.h>

#include <random>

#include "offers/offer_value.hpp"
#include "offers/policy.hpp"

namespace {

using namespace proffer;

constexpr std::size_t rows = 20'000;

offers::Catalog catalog() {
  return offers::read_catalog(settings::Config::from_text(R"(
channels: {mail: {contact_cost: 1}, phone: {contact_cost: 4}}
products:
  loan: {rate_convention: amortising, limits: [2000, 5000, 9000], aprs: [0.08, 0.19], terms: [12, 48],
         channels: [mail, phone], lgd: 0.5}
)")
                                  .root());
}

offers::Economics economics() {
  return offers::read_economics(settings::Config::from_text(R"(
{discount_rate: 0.06, funding_rate: 0.03, seasoning: constant, prepayment_monthly: 0.01, recovery_lag_months: 9,
 capital: {hurdle_rate: 0.1}})")
                                    .root());
}

std::vector<float> random_floats(std::size_t count, float greatest) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<float> some(0, greatest);
  std::vector<float> values(count);
  for (float& value : values) value = some(random);
  return values;
}

void count_pairs(benchmark::State& state, std::size_t pairs) {
  state.counters["pairs/s"] = benchmark::Counter(static_cast<double>(pairs) * static_cast<double>(state.iterations()),
                                                 benchmark::Counter::kIsRate);
}

void tabulate(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(offers::OfferEconomics(catalog(), economics(), 12));
}

void values(benchmark::State& state) {
  const offers::OfferEconomics economy(catalog(), economics(), 12);
  const std::size_t pairs = rows * catalog().offers.size();
  const auto p_take = random_floats(pairs, 0.3F), p_default = random_floats(pairs, 0.3F),
             p_fraud = random_floats(rows, 0.1F);
  std::vector<float> out(pairs);
  for (auto _ : state) economy.values(p_take, p_default, p_fraud, out);
  count_pairs(state, pairs);
}

void policy(benchmark::State& state) {
  const auto config = settings::Config::from_text(R"(
maximum_pd: 0.25
maximum_fraud: 0.09
affordability: {income: x0, share: 0.4}
rules:
  - {name: a, feature: x1, min: 0.1}
  - {name: b, feature: x2, max: 0.9, products: [loan]}
  - {name: c, feature: x3, in: [0.5, 0.6]}
  - {name: d, limit_max: 5000, channels: [phone]}
)");
  const offers::Catalog all = catalog();
  borrowers::Schema schema;
  schema.columns.resize(40);
  for (std::size_t column = 0; column < 40; ++column) schema.columns[column].name = "x" + std::to_string(column);
  const offers::Policy rules(offers::read_policy(config.root(), all), all, offers::OfferEconomics(all, economics(), 12),
                             schema, {});
  const std::size_t pairs = rows * all.offers.size();
  const auto features = random_floats(rows * 40, 1), p_default = random_floats(pairs, 0.3F),
             p_fraud = random_floats(rows, 0.1F);
  const std::vector<std::uint64_t> id(rows);
  std::vector<std::uint32_t> out(pairs);
  for (auto _ : state) rules.evaluate({id, features, p_default, p_fraud, {}}, out);
  count_pairs(state, pairs);
}

}  // namespace

BENCHMARK(tabulate)->Unit(benchmark::kMillisecond);
BENCHMARK(values)->Unit(benchmark::kMillisecond);
BENCHMARK(policy)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
