// Scores from a file and scores made on the way: the same rows, whole or only those wanted.
#include "offers/scored_batches.hpp"

#include <gtest/gtest.h>

#include "offers/file_scores.hpp"
#include "offers/live_scores.hpp"
#include "offers/small_scoring.hpp"
#include "parallel/collectives.hpp"

namespace proffer::offers {
namespace {

using test::Scratch;
using test::world;

constexpr std::uint64_t row_count = 18000;  // five blocks of the book

bool wanted(std::uint64_t id) {
  return id % 7 == 2;
}

/// The small book scored into a file.
class ScoredBatchesTest : public testing::Test {
 protected:
  ScoredBatchesTest() {
    test::write_small_book(world(), scratch.path() / "book.h5", row_count);
    Log log = test::silent();
    static_cast<void>(score(world(), scratch.path() / "book.h5", test::small_score_models(),
                            test::small_score_settings(900), 9, 1, 4096, scratch.path() / "scores.h5", log));
    stored.emplace(scratch.path() / "scores.h5");
  }

  /// Its rows of the file again, each once and in order; `wanted` ones the same numbers as in the file.
  void expect_as_stored(const ScoredBatches& batches) const {
    EXPECT_EQ(batches.total_rows(), stored->rows());
    EXPECT_EQ(parallel::sum_over_ranks(world(), batches.rows()), stored->rows());
    EXPECT_EQ(batches.schema().catalog.name, stored->schema().catalog.name);
    EXPECT_EQ(batches.schema().segments, stored->schema().segments);
    EXPECT_EQ(batches.schema().assumptions, stored->schema().assumptions);
    std::uint64_t next = batches.first_row();
    batches.visit([&](const ScoreRows& rows) {
      ASSERT_EQ(rows.first_row, next);
      expect_equal(rows, stored->read(next, rows.rows()));
      next += rows.rows();
    });
    EXPECT_EQ(next, batches.first_row() + batches.rows());
    expect_wanted_as_stored(batches);
  }

  void expect_wanted_as_stored(const ScoredBatches& batches) const {
    std::uint64_t row = batches.first_row(), count = 0;
    batches.visit(
        [&](const ScoreRows& rows) {
          ASSERT_GT(rows.rows(), 0U);
          for (std::size_t i = 0; i < rows.rows(); ++i, ++row, ++count) {
            ASSERT_TRUE(wanted(rows.id[i]));
            while (!wanted(stored->read_ids(row, 1)[0])) ++row;
            const ScoreRows expected = stored->read(row, 1);
            const std::size_t offers = stored->schema().catalog.size();
            ASSERT_EQ(rows.id[i], expected.id[0]);
            ASSERT_EQ(rows.p_fraud[i], expected.p_fraud[0]);
            ASSERT_EQ(rows.segment[i], expected.segment[0]);
            for (std::size_t j = 0; j < offers; ++j) {
              ASSERT_EQ(rows.value[i * offers + j], expected.value[j]);
              ASSERT_EQ(rows.reason[i * offers + j], expected.reason[j]);
            }
          }
        },
        wanted);
    std::uint64_t all = 0;
    for (const std::uint64_t id : stored->read_ids(0, stored->rows())) all += wanted(id) ? 1 : 0;
    EXPECT_EQ(parallel::sum_over_ranks(world(), count), all);
  }

  static void expect_equal(const ScoreRows& a, const ScoreRows& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.unit, b.unit);
    EXPECT_EQ(a.p_take, b.p_take);
    EXPECT_EQ(a.p_default, b.p_default);
    EXPECT_EQ(a.value, b.value);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_EQ(a.p_fraud, b.p_fraud);
    EXPECT_EQ(a.segment, b.segment);
  }

  /// The second opinions of all ranks together are those of the file.
  void expect_second_as_stored(const ScoredBatches& batches) const {
    const SecondValues mine = batches.second();
    const SecondValues all = stored->read_second(0, stored->second_rows());
    const std::uint64_t first = parallel::sum_before(world(), mine.id.size());
    EXPECT_EQ(parallel::sum_over_ranks(world(), std::uint64_t{mine.id.size()}), all.id.size());
    const std::size_t offers = stored->schema().catalog.size();
    for (std::size_t s = 0; s < mine.id.size(); ++s) {
      ASSERT_EQ(mine.id[s], all.id[first + s]);
      for (std::size_t j = 0; j < offers; ++j)
        ASSERT_EQ(mine.value[s * offers + j], all.value[(first + s) * offers + j]);
    }
  }

  Scratch scratch;
  std::optional<ScoreReader> stored;
};

TEST_F(ScoredBatchesTest, FromTheFile) {
  for (const std::uint64_t batch_rows : {1000, 4096, 1000000}) {
    const FileScores scores(world(), scratch.path() / "scores.h5", batch_rows);
    expect_as_stored(scores);
    expect_second_as_stored(scores);
  }
}

TEST_F(ScoredBatchesTest, MadeOnTheWay) {
  for (const std::uint64_t batch_rows : {1000, 4096, 1000000}) {
    const LiveScores scores(world(), scratch.path() / "book.h5", test::small_score_models(),
                            test::small_score_settings(900), 9, 2, batch_rows);
    expect_as_stored(scores);
    expect_second_as_stored(scores);
  }
}

TEST_F(ScoredBatchesTest, NothingWantedIsNoBatch) {
  const LiveScores live(world(), scratch.path() / "book.h5", test::small_score_models(), test::small_score_settings(0),
                        9, 1, 4096);
  const FileScores file(world(), scratch.path() / "scores.h5");
  const auto unexpected = [](const ScoreRows&) { ADD_FAILURE() << "a batch of nothing"; };
  const auto none = [](std::uint64_t) { return false; };
  live.visit(unexpected, none);
  file.visit(unexpected, none);
  EXPECT_TRUE(live.second().id.empty());
}

/// The small book with two accounts of every fifth borrower, the second opened after any date.
void write_book_with_accounts(const std::filesystem::path& path) {
  borrowers::BookLayout layout;
  layout.schema = test::small_schema();
  layout.rows = row_count;
  borrowers::Accounts accounts;
  for (std::uint64_t r = 0; r < row_count; r += 5)
    for (const int late : {0, 1}) {
      accounts.id.push_back(1000 + r * 3);
      accounts.opened.push_back(late == 1 ? 20250101 : 20200101);
      accounts.exposure.push_back(late == 1 ? 5e6 : static_cast<double>(r) + 0.25);
      accounts.instalment.push_back(1);
    }
  layout.accounts = accounts.id.size();
  borrowers::BookWriter writer(world(), path, layout);
  const auto range = storage::rows_of_rank(world(), row_count);
  borrowers::Batch batch = test::small_rows(range.begin, range.size());
  batch.offers.reset();
  batch.outcomes.reset();
  writer.write(batch);
  if (world().is_root()) writer.write_accounts(0, accounts);
  static_cast<void>(writer.publish());
}

TEST_F(ScoredBatchesTest, CountGroupsAndWhatIsOwedBySegment) {
  write_book_with_accounts(scratch.path() / "accounts.h5");
  ScoreSettings settings = test::small_score_settings(0);
  settings.monitor = "region";
  settings.policy.maximum_exposure = 9000;
  const LiveScores live(world(), scratch.path() / "accounts.h5", test::small_score_models(), settings, 9, 1, 4096);
  // Of each unit (rows 2u and 2u + 1) the later date is decided, then the smaller id.
  std::vector<double> owed(4, 0.0);
  std::vector<std::uint64_t> rows(3, 0);
  std::uint64_t too_much = 0;
  for (std::uint64_t u = 0; u < row_count / 2; ++u) {
    const std::uint64_t r = (2 * u + 1) % 28 > (2 * u) % 28 ? 2 * u + 1 : 2 * u;
    const double exposure = r % 5 == 0 ? static_cast<double>(r) + 0.25 : 0.0;
    owed[r % 3] += exposure;
    ++rows[r % 3];
    too_much += exposure > 9000 ? 1 : 0;
  }
  EXPECT_EQ(live.schema().groups, (std::vector<std::string>{"north", "south", "west"}));
  EXPECT_EQ(live.schema().group_rows, rows);
  EXPECT_EQ(live.schema().opening, owed);
  std::uint64_t refused = 0;
  live.visit([&](const ScoreRows& some) {
    EXPECT_EQ(some.group, some.segment);
    const std::size_t offers = live.schema().catalog.size();
    for (std::size_t i = 0; i < some.rows(); ++i) {
      bool all = true;
      for (std::size_t j = 0; j < offers; ++j)
        all = all && (some.reason[i * offers + j] & bit(reason::borrower_exposure)) != 0;
      refused += all ? 1 : 0;
    }
  });
  EXPECT_GE(parallel::sum_over_ranks(world(), refused), too_much);
  Log log = test::silent();
  static_cast<void>(score(world(), scratch.path() / "accounts.h5", test::small_score_models(), settings, 9, 1, 4096,
                          scratch.path() / "groups.h5", log));
  const ScoreReader file(scratch.path() / "groups.h5");
  EXPECT_EQ(file.schema().group_rows, rows);
  EXPECT_EQ(file.schema().opening, owed);
  EXPECT_EQ(file.read(0, 100).group, file.read(0, 100).segment);
}

}  // namespace
}  // namespace proffer::offers
