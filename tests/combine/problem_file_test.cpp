// Bare allocation problems: what is read, what is chosen, what is refused.
#include "combine/problem_file.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "combine/combine.hpp"
#include "combine/small_scores.hpp"

namespace proffer::combine {
namespace {

using namespace test;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A problem of three rows and two offers as it stands in a file; `use` has 2 or 2 × 3 × 2 numbers per limit.
struct File {
  std::vector<std::uint64_t> id{5, 9, 7};
  std::vector<double> value{4, 3, 10, 1, 2, 6};
  std::vector<double> limit{2, 5}, tolerance{0, 0};
  std::vector<double> use{1, 1, 3, 2};
  std::vector<std::uint8_t> sense{0, 0}, eligible{1, 1, 1, 1, 1, 1};
  std::string choose = "at_most_one";
  std::uint64_t offers = 2;

  /// Collective.
  void write(const std::filesystem::path& path) const {
    storage::TableWriter table(world(), path);
    table.attribute("format", "proffer-allocation");
    table.attribute("format_version", "1.0");
    table.attribute("choose", choose);
    const std::uint64_t n = id.size(), k = limit.size();
    const auto small = [&]<class T>(const char* name, const std::vector<T>& values, storage::Shape shape) {
      table.small(name, std::span<const T>(values), shape);
    };
    small("/id", id, {{n}});
    small("/value", value, {{value.size() / offers, offers}});
    small("/eligible", eligible, {{n, offers}});
    small("/limit", limit, {{k}});
    small("/sense", sense, {{sense.size()}});
    small("/tolerance", tolerance, {{k}});
    if (use.size() == k * n * offers)
      small("/use", use, {{k, n, offers}});
    else
      small("/use", use, {{k, use.size() / k}});
    static_cast<void>(table.publish());
  }
};

/// The choice of each row, or the message of what went wrong.
struct Answer {
  std::vector<std::int32_t> choice;
  std::string message;
};
Answer solve(const File& file, ExitCode code = ExitCode::bad_data) {
  const Scratch scratch;
  const auto path = scratch.path() / "p.h5";
  file.write(path);
  Log log({.level = LogLevel::off, .quiet = true, .speaks = false});
  Answer answer;
  answer.message = error_of(
      [&] { static_cast<void>(combine_problem(world(), path, CombineSettings{}, scratch.path() / "out", 1, log)); },
      code);
  if (answer.message.empty()) {
    const storage::TableReader table(scratch.path() / "out/choice.h5", "proffer-choice", 1);
    EXPECT_EQ(table.read_all<std::uint64_t>("/id"), file.id);
    answer.choice = table.read_all<std::int32_t>("/choice");
  }
  const std::string folder = scratch.path().string() + "/";
  for (auto at = answer.message.find(folder); at != std::string::npos; at = answer.message.find(folder))
    answer.message.erase(at, folder.size());
  return answer;
}

using Choice = std::vector<std::int32_t>;

TEST(Problem, IsSolved) {
  File file;  // at most two chosen, weights 3 and 2 within 5
  EXPECT_EQ(solve(file).choice, (Choice{-1, 0, 1})) << "10 + 6";
  file.eligible[2] = 0;
  file.value[2] = nan;
  EXPECT_EQ(solve(file).choice, (Choice{0, -1, 1})) << "4 + 6";
  file = {};
  file.choose = "exactly_one";
  file.limit = {3, 7};
  EXPECT_EQ(solve(file).choice, (Choice{1, 0, 1})) << "3 + 10 + 6 uses 7";
}

TEST(Problem, TakesUsesPerPair) {
  File file;
  file.limit = {6};
  file.sense = {0};
  file.tolerance = {0};
  file.use = {1, 1, 7, 1, 4, 5};  // row 9 may not have offer 0
  EXPECT_EQ(solve(file).choice, (Choice{0, -1, 1})) << "4 + 6 uses 6";
  file.sense = {2};
  file.limit = {2};
  EXPECT_EQ(solve(file).choice, (Choice{0, 1, -1})) << "exactly 2: 4 + 1";
  file.use[2] = 0.5;
  EXPECT_THAT(solve(file).message, testing::HasSubstr("p.h5: limit 'limit 0' is an equality without tolerance (its "
                                                      "uses are not integers): give /tolerance"));
  file.eligible[2] = 0;
  file.use[2] = nan;
  EXPECT_EQ(solve(file).choice, (Choice{0, 1, -1})) << "what is not eligible is not looked at";
  file.use[2] = 0.5;
  file.eligible[2] = 1;
  file.tolerance = {0.5};
  EXPECT_EQ(solve(file).choice, (Choice{0, 0, -1})) << "1.5 is near enough: 4 + 10";
}

TEST(Problem, ContradictionIsInfeasible) {
  File file;
  file.choose = "exactly_one";
  EXPECT_THAT(solve(file, ExitCode::infeasible).message, testing::HasSubstr("cannot hold"));
}

TEST(Problem, WrongFilesAreRefused) {
  const auto refusal = [](const auto& change) {
    File file;
    change(file);
    return solve(file).message;
  };
  EXPECT_EQ(refusal([](File& file) { file.id[1] = 5; }),
            "p.h5: /id holds 5 more than once (ids tell the rows apart): number the rows");
  EXPECT_EQ(refusal([](File& file) { file.value[3] = nan; }),
            "p.h5: /value row 1, offer 1 is nan (every eligible pair needs finite numbers): correct it, or mark the "
            "pair as not eligible");
  EXPECT_EQ(refusal([](File& file) { file.sense[1] = 3; }),
            "p.h5: /sense:1 is 3 (0 is ≤, 1 is ≥, 2 is =): use one of these");
  EXPECT_THAT(refusal([](File& file) { file.limit[1] = nan; }), testing::HasSubstr("is not a finite number"));
  EXPECT_THAT(refusal([](File& file) { file.tolerance[1] = -1; }), testing::HasSubstr("is not a finite number"));
  EXPECT_THAT(refusal([](File& file) { file.choose = "some"; }), testing::HasSubstr("attribute choose is 'some'"));
  for (const auto& change : std::initializer_list<void (*)(File&)>{[](File& file) { file.use = {1, 1, 1, 3, 2, 2}; },
                                                                   [](File& file) { file.sense = {0}; },
                                                                   [](File& file) {
                                                                     file.value = {1, 2, 3, 4};
                                                                   }})
    EXPECT_THAT(refusal(change), testing::HasSubstr("p.h5")) << "wrong shape";
}

TEST(Problem, IsDealtOutToRanks) {
  const Scratch scratch;
  File().write(scratch.path() / "p.h5");
  std::vector<std::uint64_t> ids;
  for (int rank = 0; rank < 4; ++rank) {
    std::uint64_t total = 0;
    const ProblemPart part = read_problem(scratch.path() / "p.h5", rank, 4, total);
    EXPECT_EQ(total, 3U);
    EXPECT_EQ(part.first_row, ids.size());
    ids.insert(ids.end(), part.source.id.begin(), part.source.id.end());
  }
  EXPECT_EQ(ids, File().id);
}

}  // namespace
}  // namespace proffer::combine
