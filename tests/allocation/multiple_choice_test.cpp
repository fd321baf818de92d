// Published multiple-choice knapsacks with several limits (Khan et al.; OR-Library).
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "allocation/problems.hpp"
#include "support/world.hpp"

namespace proffer::allocation::test {
namespace {

/// Groups × items with a value and uses each, exactly one item per group; a "Solutions" block follows.
Problem read_orlib(std::istream& in) {
  Problem problem;
  problem.rules.choose = Choose::exactly_one;
  std::size_t groups = 0, items = 0, limits = 0;
  in >> groups >> items >> limits;
  problem.all.offer_count = items;
  problem.all.quantity.resize(limits);
  for (std::size_t k = 0; k < limits; ++k) {
    double bound = 0.0;
    in >> bound;
    problem.rules.limits.push_back({"resource " + std::to_string(k), Sense::at_most, bound, 0.0, k, {}});
  }
  for (std::size_t i = 0; i < groups; ++i) {
    std::size_t number = 0;
    in >> number;
    problem.all.id.push_back(number);
    for (std::size_t j = 0; j < items; ++j) {
      double x = 0.0;
      in >> x;
      problem.all.value.push_back(x);
      for (auto& q : problem.all.quantity) {
        in >> x;
        q.push_back(x);
      }
    }
  }
  return problem;
}

/// The last number of the block "Solutions by  Exact Solution".
double best_known(const std::string& text) {
  std::istringstream in(text.substr(text.find("Exact Solution") + 14));
  double number = 0.0, last = 0.0;
  while (in >> number) last = number;
  return last;
}

TEST(MultipleChoiceKnapsack, ReachesTheBestKnownValues) {
  const char* folder = std::getenv("PROFFER_DATA");
  if (folder == nullptr) GTEST_SKIP() << "PROFFER_DATA does not name the folder of public data";
  for (int number = 1; number <= 6; ++number) {
    const auto path = std::filesystem::path(folder) / "mmkp" / ("mmkp_orlib_I0" + std::to_string(number));
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is absent";
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    const Problem problem = read_orlib(text);
    Options options;
    options.node_limit = number <= 2 ? 50'000 : 1'500;
    const Certificate found = solve_dealt(proffer::test::world(), problem, Deal::even, options).mine.certificate;
    const double best = best_known(text.str());
    ASSERT_TRUE(found.status == Status::certified || found.status == Status::feasible) << path;
    EXPECT_GE(found.bound, best - 1e-6) << path;
    EXPECT_GE(found.value, (number == 3 || number == 4 ? 0.995 : 1.0) * best - 1e-6) << path;
    if (proffer::test::world().is_root())
      std::printf("I0%d: value %.2f, best known %.2f, bound %.2f, %s, %llu nodes\n", number, found.value, best,
                  found.bound, std::string(to_string(found.status)).c_str(),
                  static_cast<unsigned long long>(found.search_nodes));
  }
}

}  // namespace
}  // namespace proffer::allocation::test
