// Pairs per second of the offer grid: 200 trees of depth 6, 40 borrower features, 24 or 96 offers, one core.
#include <benchmark/benchmark.h>

#include "offers/offer_grid.hpp"
#include "offers/random_forest.hpp"

namespace {

using namespace proffer;

constexpr std::size_t borrower_features = 40;
constexpr std::size_t rows = 20'000;
const test::ForestShape shape{.trees = 200,
                              .depth = 6,
                              .borrower_features = borrower_features,
                              .offer_terms = 4,
                              .offer_splits = 0.1,
                              .early_leaves = 0.05,
                              .extreme_splits = false};

void pair_by_pair(benchmark::State& state) {
  const boosting::Forest forest = test::random_forest(shape, 1);
  const auto offers = static_cast<std::size_t>(state.range(0));
  const auto codes = test::random_codes(500 * forest.features, 2);
  for (auto _ : state)
    for (std::size_t pair = 0; pair < 500; ++pair) {
      float margin = forest.base_margin;
      for (const auto& tree : forest.trees) margin += boosting::leaf_of(tree, codes.data() + pair * forest.features);
      benchmark::DoNotOptimize(margin);
    }
  state.counters["offers"] = static_cast<double>(offers);
  state.counters["pairs/s"] =
      benchmark::Counter(500.0 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void grid(benchmark::State& state, offers::GridPath path) {
  if (!offers::grid_runs_here(path)) return state.SkipWithError("not on this CPU");
  const boosting::Forest forest = test::random_forest(shape, 1);
  const auto offers = static_cast<std::size_t>(state.range(0));
  const auto offer_codes = test::random_codes(offers * shape.offer_terms, 3);
  const offers::OfferGridScorer scorer(forest, borrower_features, offers, offer_codes, path);
  const auto codes = test::random_codes(rows * borrower_features, 2);
  std::vector<float> out(rows * offers);
  for (auto _ : state) {
    scorer.margins(codes, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["pairs/s"] = benchmark::Counter(
      static_cast<double>(rows * offers) * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

}  // namespace

BENCHMARK(pair_by_pair)->Arg(24)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(grid, mask_walk, offers::GridPath::mask_walk)->Arg(24)->Arg(96)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(grid, vectorised, offers::GridPath::vectorised)->Arg(24)->Arg(96)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(grid, wide, offers::GridPath::wide)->Arg(24)->Arg(96)->Unit(benchmark::kMillisecond);
BENCHMARK_MAIN();
