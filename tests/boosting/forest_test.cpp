#include "boosting/forest.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "boosting/tree_walk.hpp"
#include "boosting/xgboost_json.hpp"
#include "foundation/error.hpp"

namespace proffer::boosting {
namespace {

/// x < 2 ? (missing goes left) : y < 1 ? …, and a tree that is one leaf.
Forest small_forest() {
  Node root{.left = 1, .right = 2, .feature = 0, .split_code = 2, .default_left = true, .gain = 9, .cover = 20};
  Node right{.left = 3, .right = 4, .feature = 1, .split_code = 1, .default_left = false, .gain = 4, .cover = 12};
  return {{{{root, {.leaf = 0.1F, .cover = 8}, right, {.leaf = -0.7F, .cover = 5}, {.leaf = 1e-8F, .cover = 7}}},
           {{{.leaf = 16777216.0F, .cover = 20}}}},
          0.25F,
          2};
}

TEST(Forest, WalksCodesAndMissing) {
  const Forest forest = small_forest();
  const auto leaf = [&](std::uint8_t x, std::uint8_t y) {
    const std::uint8_t codes[] = {x, y};
    return leaf_of(forest.trees[0], codes);
  };
  EXPECT_EQ(leaf(1, 0), 0.1F);
  EXPECT_EQ(leaf(features::missing_code, 200), 0.1F);
  EXPECT_EQ(leaf(2, 0), -0.7F);
  EXPECT_EQ(leaf(254, 1), 1e-8F);
  EXPECT_EQ(leaf(254, features::missing_code), 1e-8F);
}

TEST(Forest, AddsLeavesInFloatInTheOrderOfTheTrees) {
  const Forest forest = small_forest();
  std::vector<std::uint8_t> codes;
  std::vector<float> expected;
  for (int row = 0; row < 1000; ++row) {
    codes.insert(codes.end(), {static_cast<std::uint8_t>(row % 5), static_cast<std::uint8_t>(row % 3)});
    const float leaf = row % 5 < 2 ? 0.1F : (row % 3 < 1 ? -0.7F : 1e-8F);
    expected.push_back((0.25F + leaf) + 16777216.0F);
  }
  std::vector<float> got(1000);
  margins(forest, codes, got);
  EXPECT_EQ(got, expected);
  for (const int threads : {1, 2, 3, 7}) {
    std::vector<float> sums(1000, forest.base_margin);
    add_margins(forest, 0, codes, sums, threads);
    EXPECT_EQ(sums, expected);
  }
  EXPECT_EQ(margin(forest, std::span(codes).first(2)), expected[0]);
}

/// A tree of so many splits, each of a leaf drawn at random: short and long ways beside each other.
Tree random_tree(std::mt19937& draw, std::uint32_t width, int splits) {
  Tree tree;
  tree.nodes.emplace_back().leaf = 0.5F;
  std::vector<std::size_t> leaves{0};
  const auto below = [&](std::uint32_t count) { return static_cast<std::uint32_t>(draw() % count); };
  for (int split = 0; split < splits; ++split) {
    std::swap(leaves[below(static_cast<std::uint32_t>(leaves.size()))], leaves.back());
    const std::size_t at = leaves.back();
    leaves.pop_back();
    Node node = tree.nodes[at];
    node.left = static_cast<std::int32_t>(tree.nodes.size());
    node.right = node.left + 1;
    node.feature = below(width);
    node.split_code = static_cast<std::uint8_t>(below(4) == 0 ? (below(2) == 0 ? 0U : 255U) : below(256));
    node.default_left = below(2) == 0;
    tree.nodes[at] = node;
    for (int child = 0; child < 2; ++child) {
      leaves.push_back(tree.nodes.size());
      tree.nodes.emplace_back().leaf = static_cast<float>(below(2000)) / 1000.0F - 1.0F;
    }
  }
  return tree;
}

TEST(TreeWalk, EndsOnTheLeafThatLeafOfFinds) {
  std::mt19937 draw(5);
  constexpr std::uint32_t width = 7;
  for (const int splits : {0, 1, 2, 7, 8, 15, 16, 30, 255, 256, 600}) {
    const Tree tree = random_tree(draw, width, splits);
    const TreeWalk walk(tree), portable(tree, true);
    for (const std::size_t rows : {1U, 15U, 16U, 63U, 64U}) {
      std::vector<std::uint8_t> codes(rows * width);
      for (std::uint8_t& code : codes)
        code = static_cast<std::uint8_t>(draw() % 5 == 0 ? features::missing_code : draw() % 256);
      const CodeTiles tiles(codes, width);
      std::vector<float> got(rows, 0.25F), without(rows, 0.25F);
      walk.add_leaves(tiles.tile(0), got);
      portable.add_leaves(tiles.tile(0), without);
      EXPECT_EQ(got, without);
      for (std::size_t row = 0; row < rows; ++row)
        ASSERT_EQ(got[row], 0.25F + leaf_of(tree, codes.data() + row * width)) << splits << " splits, row " << row;
    }
  }
}

/// A chain to the left with a leaf on each right side (or the other way round): as deep as a tree can be.
Tree chain(int splits, bool to_the_left) {
  Tree tree;
  tree.nodes.emplace_back();
  std::size_t at = 0;
  for (int split = 0; split < splits; ++split) {
    const auto left = static_cast<std::int32_t>(tree.nodes.size());
    tree.nodes[at] = {.left = left, .right = left + 1, .feature = 0, .split_code = static_cast<std::uint8_t>(split)};
    at = static_cast<std::size_t>(to_the_left ? left : left + 1);
    tree.nodes.push_back({.leaf = static_cast<float>(split)});
    tree.nodes.push_back({.leaf = static_cast<float>(-split)});
  }
  return tree;
}

TEST(TreeWalk, EndsOnTheLeavesOfChainsToo) {
  for (const int splits : {31, 32, 33, 34, 250})
    for (const bool to_the_left : {false, true}) {
      const Tree tree = chain(splits, to_the_left);
      std::vector<std::uint8_t> codes(tile_rows);
      for (std::size_t i = 0; i < tile_rows; ++i) codes[i] = static_cast<std::uint8_t>(i * 4 + 3);
      std::vector<float> got(tile_rows);
      TreeWalk(tree).add_leaves(CodeTiles(codes, 1).tile(0), got);
      for (std::size_t i = 0; i < tile_rows; ++i) ASSERT_EQ(got[i], leaf_of(tree, &codes[i])) << splits << ' ' << i;
    }
}

TEST(Forest, MarginsOfAnyNumberOfRowsAreThoseOfEachRow) {
  std::mt19937 draw(6);
  Forest forest{{random_tree(draw, 3, 20), random_tree(draw, 3, 400), random_tree(draw, 3, 7)}, 0.5F, 3};
  for (const std::size_t rows : {0U, 1U, 7U, 8U, 64U, 65U, 1000U}) {
    std::vector<std::uint8_t> codes(rows * 3);
    for (std::uint8_t& code : codes) code = static_cast<std::uint8_t>(draw() % 256);
    std::vector<float> expected;
    for (std::size_t i = 0; i < rows; ++i) expected.push_back(margin(forest, std::span(codes).subspan(i * 3, 3)));
    EXPECT_EQ(margins(forest, codes, rows, 2), expected);
    std::vector<float> tiled(rows, forest.base_margin);
    add_margins(forest, 0, CodeTiles(codes, 3), tiled, 3);
    EXPECT_EQ(tiled, expected);
  }
}

TEST(Forest, ReadsBackFromJsonAsItWas) {
  const Forest forest = small_forest();
  EXPECT_EQ(nlohmann::json::parse(nlohmann::json(forest).dump()).get<Forest>(), forest);
}

TEST(Forest, RefusesJsonThatWouldMislead) {
  const auto broken = [](auto change) {
    nlohmann::json json = small_forest();
    change(json);
    return json;
  };
  const auto read = [](const nlohmann::json& json) { (void)json.get<Forest>(); };
  EXPECT_THROW(read(broken([](auto& j) { j["trees"][0]["left"][2] = 0; })), DataError);     // a circle
  EXPECT_THROW(read(broken([](auto& j) { j["trees"][0]["right"][2] = 3; })), DataError);    // two parents
  EXPECT_THROW(read(broken([](auto& j) { j["trees"][0]["right"][0] = 9; })), DataError);    // outside
  EXPECT_THROW(read(broken([](auto& j) { j["trees"][0]["feature"][0] = 2; })), DataError);  // no such feature
  EXPECT_THROW(read(broken([](auto& j) { j["trees"][0]["leaf"].erase(1); })), DataError);
  EXPECT_THROW(read(broken([](auto& j) { j.erase("base_margin"); })), DataError);
  EXPECT_THROW(read(nlohmann::json::parse("[]")), DataError);
}

TEST(Forest, SumsWhatFeaturesWereWorth) {
  const auto worth = importance(small_forest());
  ASSERT_EQ(worth.size(), 2U);
  EXPECT_EQ(worth[0].feature, 0U);
  EXPECT_EQ(worth[0].gain, 9);
  EXPECT_EQ(worth[0].cover, 20);
  EXPECT_EQ(worth[1].splits, 1U);
}

TEST(XgboostJson, ReadsBackTheSplitsItWrites) {
  // With one cut at every c, codes are the raw values and thresholds are the split codes.
  features::BinTable bins{{"x", "y"}, {{}, {}}};
  for (int c = 1; c <= 254; ++c)
    for (auto& cuts : bins.cuts) cuts.push_back(static_cast<float>(c));
  const Forest forest = small_forest();
  const auto trees = trees_of_xgboost_json(as_xgboost_json(forest, bins));
  EXPECT_EQ(trees, forest.trees);
  EXPECT_THROW((void)trees_of_xgboost_json("{}"), SystemError);
}

}  // namespace
}  // namespace proffer::boosting
