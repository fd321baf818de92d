// The offer grid against walking every tree for every expanded pair.
#include "offers/offer_grid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "offers/random_forest.hpp"

namespace proffer::offers {
namespace {

using test::ForestShape;

std::vector<float> pair_by_pair(const boosting::Forest& forest, std::size_t borrower_features,
                                const std::vector<std::uint8_t>& rows, const std::vector<std::uint8_t>& offers,
                                std::size_t row_count, std::size_t offer_count) {
  const std::size_t terms = forest.features - borrower_features;
  std::vector<std::uint8_t> pair(forest.features);
  std::vector<float> out;
  for (std::size_t row = 0; row < row_count; ++row)
    for (std::size_t offer = 0; offer < offer_count; ++offer) {
      std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(row * borrower_features), borrower_features, pair.begin());
      std::copy_n(offers.begin() + static_cast<std::ptrdiff_t>(offer * terms), terms,
                  pair.begin() + static_cast<std::ptrdiff_t>(borrower_features));
      float margin = forest.base_margin;
      for (const auto& tree : forest.trees) margin += boosting::leaf_of(tree, pair.data());
      out.push_back(margin);
    }
  return out;
}

void expect_same_bits(const std::vector<float>& expected, const std::vector<float>& actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint32_t>(expected[i]), std::bit_cast<std::uint32_t>(actual[i]))
        << "pair " << i << ": expected " << expected[i] << ", got " << actual[i];
}

std::vector<GridPath> paths() {
  std::vector<GridPath> all{GridPath::mask_walk};
  for (const GridPath path : {GridPath::vectorised, GridPath::wide})
    if (grid_runs_here(path)) all.push_back(path);
  return all;
}

void check(const ForestShape& shape, std::size_t rows, std::size_t offers, std::uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "rows " << rows << ", offers " << offers << ", seed " << seed);
  const boosting::Forest forest = test::random_forest(shape, seed);
  const auto row_codes = test::random_codes(rows * shape.borrower_features, seed + 1);
  const auto offer_codes = test::random_codes(offers * shape.offer_terms, seed + 2);
  const auto expected = pair_by_pair(forest, shape.borrower_features, row_codes, offer_codes, rows, offers);
  for (const GridPath path : paths()) {
    const OfferGridScorer scorer(forest, shape.borrower_features, offers, offer_codes, path);
    EXPECT_EQ(scorer.path(), path);
    for (const int threads : {1, 2, 5}) {
      std::vector<float> actual(rows * offers);
      scorer.margins(row_codes, actual, threads);
      expect_same_bits(expected, actual);
    }
  }
}

TEST(OfferGrid, EqualsPairByPairForAnyNumberOfOffers) {
  std::uint64_t seed = 100;
  for (const std::size_t offers : {1, 2, 3, 24, 63, 64, 65, 128, 200, 255, 256}) check({}, 70, offers, ++seed);
}

TEST(OfferGrid, EqualsPairByPairForAnyNumberOfRows) {
  std::uint64_t seed = 200;
  for (const std::size_t rows : {0, 1, 31, 32, 33, 63, 64, 65, 127, 1023, 1025, 2500})
    check({.trees = 7}, rows, 9, ++seed);
}

TEST(OfferGrid, EqualsPairByPairForOddForests) {
  check({.trees = 0}, 5, 3, 300);
  check({.trees = 3, .depth = 0}, 5, 3, 301);
  check({.offer_terms = 0}, 70, 12, 302);
  check({.borrower_features = 0}, 70, 12, 303);
  check({.offer_splits = 0}, 70, 12, 304);
  check({.offer_splits = 0.9}, 70, 40, 305);
  check({.trees = 5, .depth = 8, .early_leaves = 0}, 70, 40, 306);
  check({.trees = 50, .depth = 3}, 70, 40, 307);
}

TEST(OfferGrid, OffersThatTheForestCannotTellApartAreComputedOnce) {
  const ForestShape shape{.offer_terms = 1};
  const boosting::Forest forest = test::random_forest(shape, 400);
  const std::vector<std::uint8_t> offers{7, 9, 7, features::missing_code, 9, 7};
  const OfferGridScorer scorer(forest, shape.borrower_features, offers.size(), offers);
  EXPECT_EQ(scorer.distinct_offers(), 3U);
  const auto rows = test::random_codes(100 * shape.borrower_features, 401);
  std::vector<float> actual(100 * offers.size());
  scorer.margins(rows, actual, 2);
  expect_same_bits(pair_by_pair(forest, shape.borrower_features, rows, offers, 100, offers.size()), actual);
}

TEST(OfferGrid, TreesOfMoreThan256LeavesAreWalked) {
  const ForestShape shape{.trees = 2, .depth = 9, .early_leaves = 0};
  const boosting::Forest forest = test::random_forest(shape, 500);
  const auto offers = test::random_codes(5 * shape.offer_terms, 501);
  const OfferGridScorer scorer(forest, shape.borrower_features, 5, offers);
  EXPECT_EQ(scorer.path(), GridPath::mask_walk);
  const auto rows = test::random_codes(40 * shape.borrower_features, 502);
  std::vector<float> actual(40 * 5);
  scorer.margins(rows, actual);
  expect_same_bits(pair_by_pair(forest, shape.borrower_features, rows, offers, 40, 5), actual);
  EXPECT_THROW(OfferGridScorer(forest, shape.borrower_features, 5, offers, GridPath::vectorised), std::logic_error);
}

TEST(OfferGrid, RefusesSizesThatDoNotFit) {
  const boosting::Forest forest = test::random_forest({}, 600);
  EXPECT_THROW(OfferGridScorer(forest, 10, 0, {}), std::logic_error);
  EXPECT_THROW(OfferGridScorer(forest, 10, 257, test::random_codes(257 * 4, 1)), std::logic_error);
  EXPECT_THROW(OfferGridScorer(forest, 10, 3, test::random_codes(11, 1)), std::logic_error);
  const OfferGridScorer scorer(forest, 10, 3, test::random_codes(12, 1));
  std::vector<float> out(6);
  EXPECT_THROW(scorer.margins(test::random_codes(21, 1), out), std::logic_error);
}

}  // namespace
}  // namespace proffer::offers
