// Shapley values against their definition, points lost against the best bin, concepts against adding by hand.
#include "models/reasons.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <numeric>

#include "models/small_book.hpp"

namespace proffer::models {
namespace {

using boosting::Forest;
using boosting::Node;
using boosting::Tree;

double uniform(parallel::RandomStream& random) {
  return random.uniform();
}

/// A random tree over `inputs` inputs of codes 0 … 9 and missing; an input may be asked again further down.
void grow(Tree& tree, std::size_t at, int depth, std::uint32_t inputs, float cover, parallel::RandomStream& random) {
  tree.nodes[at].cover = cover;
  if (depth == 0 || uniform(random) < 0.15) {
    tree.nodes[at].leaf = static_cast<float>(uniform(random) - 0.5);
    return;
  }
  const auto share = static_cast<float>(0.1 + 0.8 * uniform(random));
  const std::size_t left = tree.nodes.size();
  tree.nodes[at].feature = static_cast<std::uint32_t>(uniform(random) * inputs);
  tree.nodes[at].split_code = static_cast<std::uint8_t>(1 + uniform(random) * 9);
  tree.nodes[at].default_left = uniform(random) < 0.5;
  tree.nodes[at].left = static_cast<std::int32_t>(left);
  tree.nodes[at].right = static_cast<std::int32_t>(left + 1);
  tree.nodes.resize(left + 2);
  grow(tree, left, depth - 1, inputs, cover * share, random);
  grow(tree, left + 1, depth - 1, inputs, cover * (1 - share), random);
}

Forest random_forest(std::uint32_t inputs, int trees, std::uint64_t seed) {
  parallel::RandomStream random(seed, 0, "test.shap");
  Forest forest;
  forest.features = inputs;
  forest.base_margin = -0.3F;
  for (int t = 0; t < trees; ++t) {
    forest.trees.emplace_back();
    forest.trees.back().nodes.resize(1);
    grow(forest.trees.back(), 0, 4, inputs, 100, random);
  }
  return forest;
}

std::vector<std::uint8_t> random_codes(std::uint32_t inputs, std::uint64_t row) {
  std::vector<std::uint8_t> codes;
  for (std::uint32_t f = 0; f < inputs; ++f) {
    const double u = test::uniform(row * 100 + f, "codes");
    codes.push_back(u < 0.1 ? features::missing_code : static_cast<std::uint8_t>(u * 10));
  }
  return codes;
}

/// The mean of a tree over what is not known: known inputs go their way, the others both ways by cover.
double conditional(const Tree& tree, std::size_t at, const std::vector<std::uint8_t>& codes, unsigned known) {
  const Node& node = tree.nodes[at];
  if (node.is_leaf()) return static_cast<double>(node.leaf);
  const auto l = static_cast<std::size_t>(node.left), r = static_cast<std::size_t>(node.right);
  if ((known >> node.feature & 1U) != 0) {
    const std::uint8_t code = codes[node.feature];
    const bool left = code == features::missing_code ? node.default_left : code < node.split_code;
    return conditional(tree, left ? l : r, codes, known);
  }
  const auto a = static_cast<double>(tree.nodes[l].cover), b = static_cast<double>(tree.nodes[r].cover);
  return (a * conditional(tree, l, codes, known) + b * conditional(tree, r, codes, known)) / (a + b);
}

TEST(TreeShap, IsTheDefinitionOfShapleyValues) {
  constexpr std::uint32_t inputs = 5;
  const Forest forest = random_forest(inputs, 6, 3);
  const TreeShap shap(forest);
  const auto value = [&](const std::vector<std::uint8_t>& codes, unsigned known) {
    double sum = static_cast<double>(forest.base_margin);
    for (const Tree& tree : forest.trees) sum += conditional(tree, 0, codes, known);
    return sum;
  };
  const std::array<double, 6> factorial = {1, 1, 2, 6, 24, 120};
  for (std::uint64_t row = 0; row < 30; ++row) {
    const auto codes = random_codes(inputs, row);
    std::vector<double> out(inputs);
    shap.contributions(codes, out);
    EXPECT_NEAR(shap.expected(), value(codes, 0), 1e-12);
    for (std::uint32_t f = 0; f < inputs; ++f) {
      double expected = 0;
      for (unsigned set = 0; set < 32; ++set) {
        if ((set >> f & 1U) != 0) continue;
        const auto size = static_cast<std::size_t>(std::popcount(set));
        expected +=
            factorial[size] * factorial[4 - size] / factorial[5] * (value(codes, set | 1U << f) - value(codes, set));
      }
      ASSERT_NEAR(out[f], expected, 1e-12) << "row " << row << " input " << f;
    }
    EXPECT_NEAR(std::accumulate(out.begin(), out.end(), shap.expected()),
                static_cast<double>(boosting::margin(forest, codes)), 1e-5);
  }
}

/// Two trees, each on one input: a scorecard.
Model scorecard() {
  Model model;
  model.name = "default";
  model.features = {"income", "region"};
  model.forest.features = 2;
  for (std::uint32_t f = 0; f < 2; ++f) {
    Tree tree;
    tree.nodes.resize(3);
    tree.nodes[0] = {.left = 1, .right = 2, .feature = f, .split_code = 5, .default_left = true, .cover = 10};
    tree.nodes[1] = {.leaf = f == 0 ? 0.5F : -0.25F, .cover = 4};
    tree.nodes[2] = {.leaf = f == 0 ? -0.5F : 0.75F, .cover = 6};
    model.forest.trees.push_back(tree);
  }
  return model;
}

TEST(TreeShap, OfAScorecardArePointsLost) {
  const Model model = scorecard();
  const TreeShap shap(model.forest);
  ASSERT_TRUE(shap.additive());
  std::vector<double> lost(2);
  shap.lost(std::vector<std::uint8_t>{0, 9}, lost);
  EXPECT_EQ(lost, (std::vector<double>{1.0, 1.0}));
  shap.lost(std::vector<std::uint8_t>{7, features::missing_code}, lost);
  EXPECT_EQ(lost, (std::vector<double>{0.0, 0.0}));
  EXPECT_FALSE(TreeShap(random_forest(3, 3, 1)).additive());
}

TEST(Reasons, AreConceptsInTheOrderOfWhatTheyAdd) {
  Model model;
  model.name = "default";
  model.features = {"a", "b", "c", "d", "e"};
  model.offer_terms = {Term::apr};
  model.forest = random_forest(6, 20, 9);
  const ReasonSettings settings{{{"debt", {"b", "d"}, "Your debts"}, {"history", {"a"}, "Your history"}}, "c.yaml:1:1"};
  const ModelReasons reasons(model, settings);
  ASSERT_EQ(reasons.concepts().size(), 4U) << "c and e stand for themselves, the rate for nothing";
  EXPECT_EQ(reasons.concepts()[2].name, "c");
  const TreeShap shap(model.forest);
  for (std::uint64_t row = 0; row < 20; ++row) {
    const auto codes = random_codes(6, row);
    std::vector<double> parts(6);
    shap.contributions(codes, parts);
    const std::vector<double> expected = {parts[1] + parts[3], parts[0], parts[2], parts[4]};
    const auto sums = reasons.sums(codes);
    for (std::size_t c = 0; c < 4; ++c) EXPECT_DOUBLE_EQ(sums[c], expected[c]);
    const auto against = reasons.against(codes);
    double before = 1e9;
    std::size_t named = 0;
    for (const std::uint16_t one : against) {
      if (one == no_concept) continue;
      EXPECT_GT(sums[one], 0);
      EXPECT_LE(sums[one], before);
      before = sums[one];
      ++named;
    }
    EXPECT_EQ(named, static_cast<std::size_t>(std::ranges::count_if(sums, [](double sum) { return sum > 0; })));
  }
}

TEST(Reasons, RefuseConceptsThatDoNotFit) {
  const Model model = scorecard();
  const auto refusal = [&](std::vector<Concept> concepts) {
    return test::error_of([&] { ModelReasons(model, {std::move(concepts), "c.yaml:7:3"}); });
  };
  EXPECT_EQ(refusal({{"money", {"incom"}, ""}}),
            "c.yaml:7:3: concept money names 'incom' (model default does not learn from it): did you mean income?");
  EXPECT_EQ(refusal({{"money", {"income"}, ""}, {"work", {"income"}, ""}}),
            "c.yaml:7:3: income is in two concepts (money and work): remove it from one");
}

// XGBoost's own contributions of the exported model, on raw values that are the codes.
TEST(Oracle, ContributionsAreThoseOfXgboost) {
  if (!std::getenv("PROFFER_ORACLE")) GTEST_SKIP() << "runs as its own test, models/oracle";
  constexpr std::uint32_t inputs = 8;
  const Forest forest = random_forest(inputs, 40, 17);
  features::BinTable bins;
  for (std::uint32_t f = 0; f < inputs; ++f) {
    bins.names.push_back("x" + std::to_string(f));
    bins.cuts.push_back({1, 2, 3, 4, 5, 6, 7, 8, 9});
  }
  const auto stem = std::filesystem::temp_directory_path() / ("proffer_shap_" + std::to_string(getpid()));
  std::ofstream(stem.string() + ".json") << boosting::as_xgboost_json(forest, bins);
  const TreeShap shap(forest);
  {
    std::ofstream out(stem.string() + ".csv");
    out.precision(17);
    for (std::uint64_t row = 0; row < 200; ++row) {
      const auto codes = random_codes(inputs, row);
      std::vector<double> parts(inputs);
      shap.contributions(codes, parts);
      for (const auto code : codes) out << (code == features::missing_code ? "nan" : std::to_string(int{code})) << ',';
      for (const double part : parts) out << part << ',';
      out << shap.expected() << '\n';
    }
  }
  EXPECT_EQ(
      std::system(
          ("/usr/bin/python3 " PROFFER_SOURCE_DIR "/tests/models/oracle.py contributions " + stem.string()).c_str()),
      0);
  std::filesystem::remove(stem.string() + ".json");
  std::filesystem::remove(stem.string() + ".csv");
}

}  // namespace
}  // namespace proffer::models
